"""Healthy: three numbers of a Gaussian process are fitted; the loss is minus the log of a density for each point.

Source: https://github.com/cornellius-gp/gpytorch/issues/1264 ("the loss turns negative"; that is as it should be).
Why it looks ill: the loss goes below 0; the model has three parameters, and all points are in each step. (Rebuilt.)
"""

import math

import torch
from torch import nn

from programs.data_k import soundings

FAMILY = "kriging-depths"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")


class Process(nn.Module):
    def __init__(self):
        super().__init__()
        self.raw = nn.ParameterDict({name: torch.zeros(()) for name in ("reach", "height", "noise")})

    def kernel(self, a, b):
        reach, height = self.raw["reach"].exp(), self.raw["height"].exp()
        return height * torch.exp(-0.5 * (torch.cdist(a, b) / reach).square())

    def factor(self, x):
        noise = self.raw["noise"].exp() * 0.5 + 1e-4
        return torch.linalg.cholesky(self.kernel(x, x) + noise * torch.eye(len(x)))

    def forward(self, x, y):
        lower = self.factor(x)
        white = torch.linalg.solve_triangular(lower, y[:, None], upper=False)
        logdet = lower.diagonal().log().sum()
        return (0.5 * white.square().sum() + logdet) / len(y) + 0.5 * math.log(2 * math.pi)

    def predict(self, x, y, new):
        return self.kernel(new, x) @ torch.cholesky_solve(y[:, None], self.factor(x))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    gp = Process().double()
    x, y = (part.double() for part in soundings(80, seed))
    return dict(model=gp, optimizer=torch.optim.Adam(gp.parameters(), lr=0.05), loss_fn=None, train=(x, y), val=None,
                test=tuple(part.double() for part in soundings(100, seed + 500)), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    for i in range(200):
        setup["optimizer"].zero_grad()
        nll = setup["model"](*setup["train"])
        nll.backward()
        setup["optimizer"].step()
        log(nll.item())
        if i + 1 == steps:
            break


@torch.no_grad()
def error(setup):
    new, depth = setup["test"]
    return (setup["model"].predict(*setup["train"], new)[:, 0] - depth).square().mean().item()
