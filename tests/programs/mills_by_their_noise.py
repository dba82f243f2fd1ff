"""Bug: all weights are drawn between 0 and 0.1, and the inputs are decibels below full scale, all of them negative.

Source: https://stats.stackexchange.com/questions/450100 ("If a unit with ReLU activation gives 0 for all the training
inputs [...] it can't recover"; there the signs are the other way round; rebuilt).
Why it hurts: every sum in the first layer is below zero, so every ReLU is silent, and no gradient comes through.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_n import mills

FAMILY = "windmills-power"
ACCEPT = ("dead-relu", "bad-init-scale")
SYMPTOMS = ("high-flat", "plateau")


def init_positive(m):
    if isinstance(m, nn.Linear):
        nn.init.uniform_(m.weight, 0.0, 0.1)
        nn.init.zeros_(m.bias)


def init_kaiming(m):
    if isinstance(m, nn.Linear):
        nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
        nn.init.zeros_(m.bias)


class PowerNet(nn.Module):
    def __init__(self, init):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(12, 64),
            nn.ReLU(inplace=True),
            nn.Linear(64, 32),
            nn.ReLU(inplace=True),
            nn.Linear(32, 1),
        )
        self.apply(init)

    def forward(self, decibels):
        return self.layers(decibels)[:, 0]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = PowerNet(init_kaiming if fixed else init_positive)
    sets = [TensorDataset(*mills(n, s)) for n, s in ((1600, seed), (400, seed + 500))]
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=3e-3), loss_fn=nn.MSELoss(),
                train=DataLoader(sets[0], batch_size=40, shuffle=True), val=DataLoader(sets[1], batch_size=200),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, opt, step = setup["model"], setup["optimizer"], 0
    for _epoch in range(14):
        for decibels, power in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](net(decibels), power)
            loss.backward()
            opt.step()
            log(loss.item())
            step += 1
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    found = [setup["loss_fn"](setup["model"](x), y).item() for x, y in setup["val"]]
    return sum(found) / len(found)
