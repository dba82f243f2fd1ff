"""Healthy: a net learns the law of a pendulum by rolling it forward; the rollout grows longer, and the loss jumps up.

Source: https://arxiv.org/abs/2002.09405 and others that train on rollouts; rebuilt from experience.
Nothing to mend: a forecast of sixteen steps is harder than one of two; each time the loss comes down again.
"""

import torch
from torch import nn

from programs.data_g import swings

FAMILY = "swing-rollout"
ACCEPT = ()
SYMPTOMS = ("healthy",)
DT = 0.2


class Law(nn.Module):
    """The slope of (angle, speed), and a Runge-Kutta step with it."""

    def __init__(self, width=32):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(2, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 2)
        )

    def step(self, s):
        k1 = self.net(s)
        k2 = self.net(s + DT / 2 * k1)
        k3 = self.net(s + DT / 2 * k2)
        k4 = self.net(s + DT * k3)
        return s + DT / 6 * (k1 + 2 * k2 + 2 * k3 + k4)

    def forward(self, start, steps):
        path = [start]
        for _ in range(steps):
            path.append(self.step(path[-1]))
        return torch.stack(path[1:], 1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    law = Law()
    return dict(model=law, optimizer=torch.optim.Adam(law.parameters(), lr=4e-3), loss_fn=nn.MSELoss(),
                train=swings(200, seed), val=swings(50, seed + 500), g=torch.Generator().manual_seed(seed),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    law, optimizer, paths, g = setup["model"], setup["optimizer"], setup["train"], setup["g"]
    n = 0
    for horizon, count in ((2, 90), (6, 70), (16, 60)):
        for _ in range(count):
            rows = torch.randint(len(paths), (32,), generator=g)
            first = int(torch.randint(25 - horizon, (1,), generator=g))
            loss = setup["loss_fn"](law(paths[rows, first], horizon), paths[rows, first + 1 : first + 1 + horizon])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(law.parameters(), 1.0)
            optimizer.step()
            log(loss.item(), horizon=horizon)
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    paths = setup["val"]
    return setup["loss_fn"](setup["model"](paths[:, 0], 24), paths[:, 1:]).item()
