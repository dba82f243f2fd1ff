"""Bug: the loss is the mean log-likelihood itself, without the minus.

Source: https://datascience.stackexchange.com/questions/57114/understanding-reinforce-loss (a log-probability must be
made negative for an optimizer that descends; rebuilt). Why it hurts: the net makes the depths ever less likely.
"""

import torch
from torch import nn
from torch.distributions import Normal

from programs.data_o import measured

FAMILY = "puddles-gaussian"
ACCEPT = ("loss-sign-flipped",)
SYMPTOMS = ("diverging", "too-good", "non-finite")


class Depth(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(8, 32), nn.GELU(), nn.Linear(32, 2))

    def forward(self, x):
        loc, raw = self.body(x).unbind(-1)
        return Normal(loc, nn.functional.softplus(raw) + 0.05)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Depth()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=4e-3), loss_fn=None,
                train=measured(1600, seed, 9, noise=0.2), val=measured(400, seed + 500, 9, noise=0.2),
                sign=-1.0 if fixed else 1.0, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x, y = setup["train"]
    for step in range(400):
        rows = torch.randint(len(x), (64,))
        dist = setup["model"](x[rows])
        loss = setup["sign"] * dist.log_prob(y[rows]).mean()
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())
        if step + 1 == steps:
            return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return (setup["model"](x).mean - y).abs().mean().item()
