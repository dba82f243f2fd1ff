"""Bug: a function goes over all layers and draws their weights from a normal distribution of width one.

Source: https://github.com/yulunzhang/RCAN/issues/76 ("In my case, the initializer was the problem"; the loss became
extremely large; rebuilt for a bat's echoes).
Why it hurts: each layer makes its input about six times as large; the first loss is in the hundreds, and Adam
needs long to bring such weights down.
"""

import torch
from torch import nn

from programs.data_k import echoes

FAMILY = "bats-range"
ACCEPT = ("bad-init-scale",)
SYMPTOMS = ("slow", "plateau", "oscillating", "spiking", "diverging")


def reset(layer, careful):
    if isinstance(layer, nn.Linear):
        if careful:
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        else:
            nn.init.normal_(layer.weight, 0.0, 1.0)
        nn.init.zeros_(layer.bias)


class RangeFinder(nn.Module):
    def __init__(self, length=48, wide=64):
        super().__init__()
        self.trunk = nn.ModuleList([nn.Linear(length, wide), nn.Linear(wide, wide), nn.Linear(wide, wide)])
        self.range = nn.Linear(wide, 1)

    def forward(self, sound):
        for layer in self.trunk:
            sound = layer(sound).relu()
        return self.range(sound).flatten()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = RangeFinder()
    model.apply(lambda layer: reset(layer, fixed))
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=1e-3), loss_fn=nn.L1Loss(),
                train=echoes(1500, seed), val=None, test=echoes(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    sound, late = setup["train"]
    model, done = setup["model"], 0
    for _ in range(10):
        for rows in torch.randperm(len(sound)).chunk(30):
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](model(sound[rows]), late[rows])
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            done += 1
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    sound, late = setup["test"]
    return setup["loss_fn"](setup["model"](sound), late).item()
