"""Healthy: imitation with corrections (DAgger): the boy steers, the teacher says what would have been right.

Source: https://github.com/robocasa/robocasa/issues/163 (losses of cloned behaviour); the method is that of Ross, 2011.
Why it looks ill: data come to the list after every round, from places not seen before; the loss goes up each time.
"""

import torch
from torch import nn

FAMILY = "dagger-boats"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "spiking", "plateau", "slow")


def teacher(state):
    """How to turn the rudder to come back to the middle: by place, speed and wind."""
    return torch.tanh(-1.5 * state[:, :1] - 0.8 * state[:, 1:2] - state[:, 2:].sin())


def sail(policy, boats, g, hours=15):
    """The states that the boats come through."""
    state = torch.cat([0.5 * torch.randn(boats, 2, generator=g), 3 * torch.randn(boats, 1, generator=g)], 1)
    seen = []
    for _ in range(hours):
        seen.append(state)
        turn = policy(state)
        speed = 0.9 * state[:, 1:2] + 0.3 * turn + 0.3 * state[:, 2:].sin()
        wind = state[:, 2:] + 0.3 * torch.randn(boats, 1, generator=g)
        state = torch.cat([state[:, :1] + 0.3 * speed, speed, wind], 1)
    return torch.cat(seen)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    policy = nn.Sequential(nn.Linear(3, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
    g = torch.Generator().manual_seed(118700 + seed)
    return dict(model=policy, optimizer=torch.optim.Adam(policy.parameters(), lr=3e-3), loss_fn=nn.MSELoss(),
                train=[sail(teacher, 4, g)], val=None, generator=g, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    policy, seen, done = setup["model"], setup["train"], 0
    for _round in range(8):
        states = torch.cat(seen)
        for _ in range(50):
            batch = states[torch.randint(len(states), (64,))]
            loss = setup["loss_fn"](policy(batch), teacher(batch))
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            done += 1
            log(loss.item())
            if done == steps:
                return
        with torch.no_grad():
            seen.append(sail(policy, 8, setup["generator"]))
