"""Bug: the squared error of the stay, in hours, and the cross-entropy of the return are added as they are.

Source: https://github.com/AlliedToasters/dfencoder/issues/4 (how do you handle losses of different scales; rebuilt).
Why it hurts: the hours give thousands, the return less than one; the shared layers work for the hours alone.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_e import wards

FAMILY = "wards-multitask"
ACCEPT = ("loss-terms-unbalanced", "unscaled-targets")
SYMPTOMS = ("slow", "plateau", "healthy")


class WardModel(nn.Module):
    def __init__(self, columns=10, width=24):
        super().__init__()
        self.shared = nn.Sequential(nn.Linear(columns, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        self.stay, self.back = nn.Linear(width, 1), nn.Linear(width, 1)

    def forward(self, x):
        h = self.shared(x)
        return self.stay(h)[:, 0], self.back(h)[:, 0]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, hours, back = wards(2000, seed)
    if fixed:
        hours = (hours - hours.mean()) / hours.std()
    model = WardModel()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    loss_fn = {"stay": nn.MSELoss(), "back": nn.BCEWithLogitsLoss()}
    return dict(model=model, optimizer=optimizer, loss_fn=None, parts=loss_fn, val=wards(500, seed + 50), fixed=fixed,
                train=DataLoader(TensorDataset(x, hours, back), batch_size=50, shuffle=True))  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, parts, n = setup["model"], setup["optimizer"], setup["parts"], 0
    history = {"stay": [], "back": []}
    for _epoch in range(8):
        for x, hours, back in setup["train"]:
            stay_hat, back_hat = model(x)
            stay_loss = parts["stay"](stay_hat, hours)
            back_loss = parts["back"](back_hat, back)
            total = stay_loss + back_loss
            optimizer.zero_grad()
            total.backward()
            optimizer.step()
            history["stay"].append(stay_loss.item())
            history["back"].append(back_loss.item())
            log(total.item())
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """The cross-entropy of the return, which both tasks share their layers for."""
    x, _, back = setup["val"]
    return setup["parts"]["back"](setup["model"](x)[1], back)
