"""Bug: a LayerNorm over the last axis stands first in the net, and the last axis holds one number: the reading.

Source: of our own. Why it hurts: a number less its own mean is 0, whatever it was; every row of readings looks alike.
"""

import torch
from torch import nn

from programs.data_o import traces

FAMILY = "lakes-task"
ACCEPT = ("input-ignored",)
SYMPTOMS = ("high-flat", "plateau")


class LakeNet(nn.Module):
    def __init__(self, norm, hidden=24):
        super().__init__()
        self.norm = nn.LayerNorm(1) if norm else nn.Identity()
        self.embed = nn.Conv1d(1, 8, 5, padding=2)
        self.gru = nn.GRU(8, hidden, batch_first=True)
        self.head = nn.Sequential(nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 4))

    def forward(self, levels):
        x = self.norm(levels).transpose(1, 2)
        states, _ = self.gru(self.embed(x).transpose(1, 2))
        return self.head(states.mean(1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = LakeNet(norm=not fixed)
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=5e-3), loss_fn=nn.CrossEntropyLoss(),
                train=traces(1200, seed, 29, channels=1), val=traces(300, seed + 500, 29, channels=1),
                fixed=fixed)  # fmt: skip


def epochs(data, size, many):
    for _ in range(many):
        for ids in torch.randperm(len(data[0])).split(size):
            yield [part[ids] for part in data]


def train(setup, log, steps=None):
    for i, (levels, lake) in enumerate(epochs(setup["train"], 40, 8), 1):
        loss = setup["loss_fn"](setup["model"](levels), lake)
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())
        if i == steps:
            break


@torch.no_grad()
def error(setup):
    levels, lake = setup["val"]
    return setup["loss_fn"](setup["model"](levels), lake).item()
