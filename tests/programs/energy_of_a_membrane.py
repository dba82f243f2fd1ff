"""Healthy: the Deep Ritz method; the energy of a loaded membrane is minimised, and its least value is below zero.

Source: https://arxiv.org/abs/1710.00211 (E and Yu; rebuilt).
Nothing to mend: the loss falls to about -0.0176 and stays there, noisy, since each step draws points of its own.
"""

import torch
from torch import nn

FAMILY = "plate-ritz"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class Membrane(nn.Module):
    """Zero on the border of the unit square by construction."""

    def __init__(self, width=24, blocks=2):
        super().__init__()
        self.inp, self.out = nn.Linear(2, width), nn.Linear(width, 1)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh()) for _ in range(blocks)
        )

    def forward(self, p):
        h = self.inp(2 * p - 1)
        for block in self.blocks:
            h = h + block(h)
        return 16 * (p * (1 - p)).prod(dim=1, keepdim=True) * 0.2 * self.out(h)


def energy(u, p, load=1.0):
    p = p.requires_grad_(True)
    value = u(p)
    (slope,) = torch.autograd.grad(value.sum(), p, create_graph=True)
    return (0.5 * slope.square().sum(1) - load * value[:, 0]).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    u = Membrane()
    optimizer = torch.optim.Adam(u.parameters(), lr=4e-3)
    return dict(model=u, optimizer=optimizer, loss_fn=energy, train=None, val=None, fixed=fixed,
                decay=torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.99),
                points=torch.Generator().manual_seed(seed))  # fmt: skip


def train(setup, log, steps=None):
    u, optimizer, g = setup["model"], setup["optimizer"], setup["points"]
    for _ in range(400 if steps is None else steps):
        optimizer.zero_grad()
        loss = setup["loss_fn"](u, torch.rand(256, 2, generator=g))
        loss.backward()
        optimizer.step()
        setup["decay"].step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    """How far the middle is from 0.0737, where it must come to rest; as a share of that."""
    return abs(setup["model"](torch.tensor([[0.5, 0.5]])).item() / 0.0737 - 1)
