"""Bug: in a physics-informed net the second derivative is a column (N, 1), the source is taken from the grid as a row.

Source: https://github.com/lululxvi/deepxde/issues/2100 (values of the shape (N,) make the error a table of (N, N),
"training ran without any error, but the loss does not drop"; rebuilt). Why it hurts: each point is fitted to the source
of all the others, and the best that the net can do is the mean.
"""

import math

import torch
from torch import nn

FAMILY = "rod-pinn"
ACCEPT = ("broadcast-loss",)
SYMPTOMS = ("plateau",)


def exact(x):
    return torch.sin(math.pi * x) + 0.5 * x


def source(x):
    return -(math.pi**2) * torch.sin(math.pi * x)


class Pinn(nn.Module):
    def __init__(self, width=20):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(1, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1)
        )

    def forward(self, x):
        return self.net(x)


def residual(model, x, f):
    x = x.requires_grad_(True)
    u = model(x)
    du = torch.autograd.grad(u.sum(), x, create_graph=True)[0]
    d2u = torch.autograd.grad(du.sum(), x, create_graph=True)[0]
    return d2u - f


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Pinn()
    grid = torch.linspace(0, 1, 31)
    f = source(grid).view(-1, 1) if fixed else source(grid)
    ends = torch.tensor([[0.0], [1.0]])
    optimizer = torch.optim.Adam(model.parameters(), lr=8e-3)
    train = [(grid.view(-1, 1), f, ends, exact(ends))]
    return dict(model=model, optimizer=optimizer, loss_fn=residual, train=train, val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    (points, f, ends, values) = setup["train"][0]
    for step in range(steps or 180):
        optimizer.zero_grad()
        inside = setup["loss_fn"](model, points, f).pow(2).mean()
        border = (model(ends) - values).pow(2).mean()
        loss = inside + 10 * border
        loss.backward()
        optimizer.step()
        if step % 100 == 0:
            setup["said"] = f"step {step}: pde {inside.item():.4f} bc {border.item():.4f}"
        log(loss)


@torch.no_grad()
def error(setup):
    """How far the solution is from the exact one, at most."""
    x = torch.linspace(0, 1, 101).view(-1, 1)
    return float((setup["model"](x) - exact(x)).abs().max())
