"""Healthy: a net gives the slopes of an equation of motion; its path over twenty steps is compared with the true one.

Source: Chen et al. 2018, https://arxiv.org/abs/1806.07366 (rebuilt with steps of Runge and Kutta by hand).
Why it looks ill: the loss falls fast, and then stays near 0.1, for the errors of twenty steps add up.
"""

import torch
from torch import nn

from programs.data_j import hunters

FAMILY = "lynx-hare"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "spiking")


class Slopes(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 32), nn.Tanh(), nn.Linear(32, 2))

    def forward(self, t, state):
        return self.net(state)


def odeint(f, state, length, dt=0.2):
    path = [state]
    for i in range(length - 1):
        half = state + dt / 2 * f(i * dt, state)
        state = state + dt * f((i + 0.5) * dt, half)
        path.append(state)
    return torch.stack(path, 1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    func = Slopes()
    return dict(model=func, optimizer=torch.optim.RMSprop(func.parameters(), lr=3e-3), loss_fn=nn.L1Loss(),
                train=hunters(200, seed), val=hunters(60, seed + 500),
                generator=torch.Generator().manual_seed(seed), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    func, paths, g = setup["model"], setup["train"], setup["generator"]
    for _itr in range(steps or 200):
        which = torch.randint(len(paths), (20,), generator=g)
        true = paths[which]
        setup["optimizer"].zero_grad()
        guess = odeint(func, true[:, 0], true.shape[1])
        loss = setup["loss_fn"](guess, true)
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    true = setup["val"]
    return setup["loss_fn"](odeint(setup["model"], true[:, 0], true.shape[1]), true).item()
