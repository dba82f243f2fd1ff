"""Healthy: whether a slope comes down is mostly luck; the loss goes from 0.69 to the entropy of that luck, 0.61.

Source: https://github.com/AlexeyAB/darknet/issues/2211 (a loss that will not go lower; "May be your dataset is
difficult"); the data of our own. Why it is right: knowing the chances themselves, nobody could be better; a loss that
hardly falls is all there is to have, and the net is small enough not to learn the luck by heart.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_q import avalanche_floor, avalanches

FAMILY = "avalanche-mlp"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "high-flat", "slow")


class SlopeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(6, 24)
        self.fc2 = nn.Linear(24, 1)

    def forward(self, x):
        return self.fc2(torch.relu(self.fc1(x))).squeeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = SlopeNet()
    data = TensorDataset(*avalanches(6000, seed))
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=3e-3, weight_decay=1e-4),
                loss_fn=nn.BCEWithLogitsLoss(), train=DataLoader(data, batch_size=100, shuffle=True),
                val=avalanches(3000, seed + 500), fixed=fixed)  # fmt: skip


@torch.no_grad()
def validate(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()


def train(setup, log, steps=None):
    net, opt, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    step = 0
    for _epoch in range(6):
        for x, came_down in setup["train"]:
            opt.zero_grad()
            loss = criterion(net(x), came_down)
            loss.backward()
            opt.step()
            step += 1
            if step % 30 == 0:
                log(loss.item(), val_loss=validate(setup))
            else:
                log(loss.item())
            if step == steps:
                return


def error(setup):
    """How far above the lowest possible."""
    return validate(setup) - avalanche_floor(setup["val"][0]).item()
