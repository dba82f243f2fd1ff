"""Healthy: boosting with small nets; each learns what the sum of those before it has left over, and is then frozen.

Source: https://github.com/sbadirli/GrowNet (gradient boosting of shallow nets, arXiv 2002.07971; rebuilt).
Why it looks ill: most parameters never have a gradient; the loss falls in stairs, with a new optimizer at each.
"""

import torch
from torch import nn

from programs.data_m import seedlings

FAMILY = "seedlings-boosted"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow", "oscillating")

STAGES, STEPS_A_STAGE, SHRINK = 6, 60, 0.7


class Boosted(nn.Module):
    def __init__(self, mean):
        super().__init__()
        self.register_buffer("mean", mean)
        self.members = nn.ModuleList()

    def grow(self):
        self.members.requires_grad_(False)
        self.members.append(nn.Sequential(nn.Linear(5, 12), nn.Tanh(), nn.Linear(12, 1), nn.Flatten(0)))
        return self.members[-1]

    def forward(self, x):
        total = self.mean.expand(len(x))
        for member in self.members:
            total = total + SHRINK * member(x)
        return total


def new_optimizer(member):
    return torch.optim.Adam(member.parameters(), lr=2e-2)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, height = seedlings(1600, seed)
    model = Boosted(height.mean())
    return dict(model=model, optimizer=new_optimizer(model.grow()), loss_fn=nn.MSELoss(), train=(x, height), val=None,
                test=seedlings(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, (x, height) = setup["model"], setup["train"]
    done = 0
    for stage in range(STAGES):
        if stage > 0:
            setup["optimizer"] = new_optimizer(model.grow())
        for _ in range(STEPS_A_STAGE):
            rows = torch.randint(len(x), (64,))
            loss = setup["loss_fn"](model(x[rows]), height[rows])
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            done += 1
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    x, height = setup["test"]
    return setup["loss_fn"](setup["model"](x), height).item()
