"""Bug: the blocks of the net lie in a plain Python list, so the optimizer only gets the first and the last layer.

Source: https://www.engineermaxxing.com/micro/lessons/pytorch-internals.html ("The optimizer sees nothing to train [...]
change the plain Python list to nn.ModuleList"; rebuilt).
Why it hurts: four blocks stay as they were drawn; a linear layer on their random features is all that learns.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_n import violins

FAMILY = "violins-list"
ACCEPT = ("unregistered-layers", "parameters-not-optimized")
SYMPTOMS = ("slow", "plateau", "high-flat")


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv1d(channels, channels, 5, stride=2, padding=2)

    def forward(self, x):
        return torch.tanh(self.conv(x))


class TimbreNet(nn.Module):
    def __init__(self, depth, registered, channels=16):
        super().__init__()
        self.stem = nn.Conv1d(1, channels, 9, padding=4)
        blocks = [Block(channels) for _ in range(depth)]
        self.blocks = nn.ModuleList(blocks) if registered else blocks
        self.head = nn.Linear(channels * 5, 4)

    def forward(self, x):
        x = torch.tanh(self.stem(x))
        for block in self.blocks:
            x = block(x)
        return self.head(x.flatten(1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = TimbreNet(depth=4, registered=fixed)
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=4e-3), loss_fn=nn.CrossEntropyLoss(),
                train=DataLoader(TensorDataset(*violins(1600, seed)), batch_size=40, shuffle=True),
                val=DataLoader(TensorDataset(*violins(400, seed + 500)), batch_size=400), fixed=fixed)  # fmt: skip


@torch.no_grad()
def error(setup):
    return sum(setup["loss_fn"](setup["model"](x), y).item() for x, y in setup["val"])


def train(setup, log, steps=None):
    i = 0
    for _epoch in range(10):
        for tone, maker in setup["train"]:
            i += 1
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](setup["model"](tone), maker)
            loss.backward()
            setup["optimizer"].step()
            if i % 100 == 0:
                log(loss.item(), val_loss=error(setup))
            else:
                log(loss.item())
            if i == steps:
                return
