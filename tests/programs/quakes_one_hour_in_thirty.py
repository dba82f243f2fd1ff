"""Bug: three hours in a hundred come before a quake, and the loss counts all hours alike.

Source: https://github.com/abhuse/polyloss-pytorch/issues/5 ("all my validation predictions turn out to be 0, which is
the majority class"); https://github.com/appvision-ai/fast-bert/issues/52 (predicts zeros; rebuilt).
Why it hurts: the loss is low when the net nearly always says no; the hours that count are missed.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_l import quakes

FAMILY = "quakes-mlp"
ACCEPT = ("class-imbalance",)
SYMPTOMS = ("plateau", "high-flat", "slow", "healthy", "oscillating")


class QuakeAlarm(nn.Module):
    def __init__(self, p=0.1):
        super().__init__()
        first = [nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(p)]
        self.net = nn.Sequential(*first, nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, readings):
        return self.net(readings).squeeze(-1)


def binary_acc(logits, y):
    """What the author looked at: 97 per cent from the first epoch on."""
    return ((logits > 0) == (y > 0.5)).float().mean().item()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = QuakeAlarm()
    x, y = quakes(3200, seed)
    weight = (y == 0).sum() / y.sum() if fixed else None
    loader = DataLoader(TensorDataset(x, y), batch_size=64, shuffle=True)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=1e-3),
                loss_fn=nn.BCEWithLogitsLoss(pos_weight=weight), train=loader, val=quakes(2000, seed + 500),
                accuracy=[], fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, n = setup["model"], 0
    for _epoch in range(7):
        model.train()
        for x, y in setup["train"]:
            setup["optimizer"].zero_grad()
            logits = model(x)
            loss = setup["loss_fn"](logits, y)
            setup["accuracy"].append(binary_acc(logits, y))
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """The mean share of mistakes of the two classes."""
    x, y = setup["val"]
    wrong = ((setup["model"].eval()(x) > 0) != (y > 0.5)).float()
    return 0.5 * (wrong[y == 1].mean() + wrong[y == 0].mean()).item()
