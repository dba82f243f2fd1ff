"""Bug: the mean over a room's marks divides by their number, and a few rooms have no mark yet.

Source: https://github.com/mihaidusmanu/d2-net/issues/78 ("the problem caused by dividing by zero"; rebuilt with a mean
under a mask).
Why it hurts: 0 through 0 is NaN; one such room in a batch makes the loss and then all weights NaN.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_k import guests

FAMILY = "guests-bag"
ACCEPT = ("undefined-operation",)
SYMPTOMS = ("non-finite",)


class RoomModel(nn.Module):
    def __init__(self, wide=8, hidden=32, least=0):
        super().__init__()
        self.mark = nn.Sequential(nn.Linear(wide, hidden), nn.ReLU(), nn.Linear(hidden, hidden))
        self.head, self.least = nn.Sequential(nn.ReLU(), nn.Linear(hidden, 1)), least

    def forward(self, marks, many):
        mask = (torch.arange(marks.shape[1]) < many[:, None]).unsqueeze(-1)
        total = (self.mark(marks) * mask).sum(dim=1)
        mean = total / many.clamp(min=self.least).unsqueeze(-1)
        return self.head(mean).squeeze(-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = RoomModel(least=1 if fixed else 0)
    data = TensorDataset(*guests(1500, seed))
    return dict(model=model, optimizer=torch.optim.Adamax(model.parameters(), lr=4e-3), loss_fn=nn.MSELoss(),
                train=DataLoader(data, batch_size=25, shuffle=True), val=None, test=guests(300, seed + 500),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(5):
        for marks, many, nxt in setup["train"]:
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(marks, many), nxt)
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    marks, many, nxt = setup["test"]
    return setup["loss_fn"](setup["model"](marks, many), nxt).item()
