"""Healthy: a physics-informed net for a pendulum; Adam first, and when it is nearly there L-BFGS, once per step of
its own.

Source: https://github.com/maziarraissi/PINNs/issues/2 and https://github.com/jayroxis/PINNs/issues/4 (why there are
two optimizers; rebuilt). Must not be called state-reset, missing-zero-grad, parameters-not-optimized or
loss-terms-unbalanced.
"""

import torch
from torch import nn

FAMILY = "pendulum-pinn"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")
OMEGA, END = 2.0, 3.0


class PINN(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(1, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1)
        )

    def forward(self, t):
        return self.net(2 * t / END - 1)


def derivative(u, t):
    return torch.autograd.grad(u, t, torch.ones_like(u), create_graph=True)[0]


def physics_loss(model, t):
    t = t.clone().requires_grad_(True)
    u = model(t)
    residual = derivative(derivative(u, t), t) + OMEGA**2 * u
    start = torch.zeros(1, 1, requires_grad=True)
    u0 = model(start)
    begin = (u0 - 1.0).square().sum() + derivative(u0, start).square().sum()
    return 0.05 * residual.square().mean() + begin


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = PINN()
    adam = torch.optim.Adam(model.parameters(), lr=5e-3)
    lbfgs = torch.optim.LBFGS(model.parameters(), lr=1.0, max_iter=10, history_size=20, line_search_fn="strong_wolfe")
    return dict(model=model, optimizer=(adam, lbfgs), loss_fn=None, train=None,
                points=torch.linspace(0, END, 64)[:, None], val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, (adam, lbfgs), t, n = setup["model"], setup["optimizer"], setup["points"], 0
    for _ in range(220):
        adam.zero_grad()
        loss = physics_loss(model, t)
        loss.backward()
        adam.step()
        n += 1
        log(loss.item())
        if n == steps:
            return

    def closure():
        lbfgs.zero_grad()
        loss = physics_loss(model, t)
        loss.backward()
        return loss

    for _ in range(25):
        loss = lbfgs.step(closure)
        n += 1
        log(loss.item())
        if n == steps:
            return
