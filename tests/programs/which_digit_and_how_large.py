"""Bug: a loop over two heads keeps only the last loss: loss = ..., where loss += ... was meant.

Source: https://github.com/oclivegriffin/crosscode/pull/3 (a loss that is computed and logged, but "never contributes
any gradient"; there the wrong one is returned; rebuilt).
Why it hurts: the head for the digit is never trained; the log adds up both losses, and half of it stands still.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import digits

FAMILY = "digits-two-heads"
ACCEPT = ("loss-term-lost",)
SYMPTOMS = ("plateau", "slow", "high-flat", "healthy")


class MultiTask(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(1, 12, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
        self.heads = nn.ModuleDict({"digit": nn.Linear(432, 10), "large": nn.Linear(432, 2)})

    def forward(self, x):
        shared = self.trunk(x)
        return {name: head(shared) for name, head in self.heads.items()}


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model, (x, y) = MultiTask(), digits(2000, seed)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), loss_fn=F.cross_entropy, val=None,
                train=DataLoader(TensorDataset(x, y, (y >= 5).long()), 40, shuffle=True),
                test=digits(400, seed, train=False), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, n = setup["model"], 0
    for _epoch in range(4):
        for x, digit, large in setup["train"]:
            targets, outputs = {"digit": digit, "large": large}, model(x)
            loss, shown = 0.0, 0.0
            for name, output in outputs.items():
                part = setup["loss_fn"](output, targets[name])
                loss = loss + part if setup["fixed"] else part
                shown += part.item()
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(shown)
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["test"]
    return (setup["model"](x)["digit"].argmax(1) != y).float().mean().item()
