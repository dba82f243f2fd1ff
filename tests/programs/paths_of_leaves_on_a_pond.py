"""Healthy: a small neural ODE with Euler's rule follows leaves on a pond.

Source: https://github.com/rtqichen/torchdiffeq/issues/91 (a neural ODE for spirals; rebuilt, with Euler's rule).
Why it looks ill: one net is used 24 times in one step; the loss rests at a height before it falls.
"""

import torch
from torch import nn

from programs.data_l import swirls

FAMILY = "ode-spirals"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")


class Velocity(nn.Module):
    def __init__(self, hidden=48):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, hidden), nn.Tanh(), nn.Linear(hidden, 2))

    def forward(self, z):
        return self.net(torch.cat([z, z**3], dim=-1))


def odeint(field, z, points, inner=2, dt=0.12):
    path = []
    for _ in range(points):
        for _ in range(inner):
            z = z + dt * field(z)
        path.append(z)
    return torch.stack(path, dim=1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    field = Velocity()
    return dict(model=field, optimizer=torch.optim.Adam(field.parameters(), lr=1e-2), loss_fn=nn.MSELoss(),
                train=swirls(500, seed), val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    start, path = setup["train"]
    scheduler = torch.optim.lr_scheduler.OneCycleLR(setup["optimizer"], max_lr=1e-2, total_steps=300)
    for _ in range(steps or 300):
        rows = torch.randperm(len(start))[:50]
        said = odeint(setup["model"], start[rows], path.shape[1])
        loss = setup["loss_fn"](said, path[rows])
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        scheduler.step()
        log(loss.item())
