"""Healthy: two layers of convolution learn one step of the game of life; for long they only know how many will live.

Source: Springer and Kenyon 2020, https://arxiv.org/abs/2009.01398 ("It's Hard for Neural Networks To Learn the Game of
Life"; rebuilt, wider than theirs, so that it does learn).
Why it looks ill: the loss stays near that of the plain share, and then falls off.
"""

import torch
from torch import nn

from programs.data_j import lives

FAMILY = "life-board"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow")


class LifeNet(nn.Module):
    def __init__(self, channels=24):
        super().__init__()
        self.around = nn.Conv2d(1, channels, 3, padding=1, padding_mode="circular")
        self.inner = nn.Conv2d(channels, channels, 1)
        self.alive = nn.Conv2d(channels, 1, 1)

    def forward(self, board):
        h = torch.relu(self.around(board))
        return self.alive(torch.relu(self.inner(h)))


class Boards(torch.utils.data.IterableDataset):
    def __init__(self, seed, batch=24):
        self.seed, self.batch, self.number = seed, batch, 0

    def __iter__(self):
        while True:
            self.number += 1
            yield lives(self.batch, 100000 * (self.seed + 1) + self.number)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = LifeNet()
    loader = torch.utils.data.DataLoader(Boards(seed), batch_size=None)
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=3e-3), loss_fn=nn.BCEWithLogitsLoss(),
                train=loader, val=lives(100, seed), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    for number, (now, later) in enumerate(setup["train"], 1):
        loss = setup["loss_fn"](setup["model"](now), later)
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())
        if number == (steps or 400):
            return


@torch.no_grad()
def error(setup):
    now, later = setup["val"]
    return ((setup["model"](now) > 0).float() != later).float().mean().item()
