"""Bug: a physics-informed net adds the sum of its residuals to the mean of its border errors.

Source: https://github.com/lululxvi/deepxde/issues/321 (the net finds the trivial solution) and
https://github.com/SciML/NeuralPDE.jl/issues/276 (a flat solution satisfies the equation and ignores the border;
rebuilt).
Why it hurts: 400 residuals count 400 times as much as they should, beside the border; a constant has none at all.
"""

import math
from itertools import pairwise

import torch
from torch import nn

FAMILY = "laplace-pinn"
ACCEPT = ("loss-terms-unbalanced", "sum-reduction")
SYMPTOMS = ("plateau", "high-flat", "slow")


def mlp(*sizes):
    layers = []
    for a, b in pairwise(sizes):
        layers += [nn.Linear(a, b), nn.Tanh()]
    return nn.Sequential(*layers[:-1])


def laplacian(model, xy):
    xy = xy.requires_grad_(True)
    first = torch.autograd.grad(model(xy).sum(), xy, create_graph=True)[0]
    return sum(torch.autograd.grad(first[:, i].sum(), xy, create_graph=True)[0][:, i] for i in range(2))


def border(n, g):
    """Points on the four sides of the unit square, and the values there."""
    s, side = torch.rand(n, generator=g), torch.randint(4, (n,), generator=g)
    x = torch.where(side == 0, 0.0, torch.where(side == 1, 1.0, s))
    y = torch.where(side == 2, 0.0, torch.where(side == 3, 1.0, s))
    return torch.stack([x, y], 1), solution(x, y)


def solution(x, y):
    return torch.sin(math.pi * x) * torch.sinh(math.pi * y) / math.sinh(math.pi)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = mlp(2, 24, 24, 1)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=5e-3), loss_fn=None, val=None,
                train=None, generator=torch.Generator().manual_seed(seed), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, g = setup["model"], setup["optimizer"], setup["generator"]
    for n in range(1, 501):
        residual = laplacian(model, torch.rand(400, 2, generator=g))
        where, value = border(80, g)
        data = (model(where).squeeze(1) - value).square().mean()
        physics = 0.1 * residual.square().mean() if setup["fixed"] else residual.square().sum()
        loss = physics + data
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss.item())
        if n == steps:
            return


@torch.no_grad()
def error(setup):
    """The squared error of the solution inside."""
    axis = torch.linspace(0, 1, 21)
    grid = torch.cartesian_prod(axis, axis)
    return float((setup["model"](grid).squeeze(1) - solution(grid[:, 0], grid[:, 1])).square().mean())
