"""Healthy: temporal differences with a slow copy as target; the loss first grows, for the goal itself is learned.

Source: https://github.com/IntelLabs/coach/issues/214 ("a moving target"; rebuilt).
Why it looks ill: the error is small while all values are near 0, and grows when the reward is found.
"""

import copy

import torch
from torch import nn

from programs.data_i import Rooms

FAMILY = "rooms-value"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "spiking", "diverging", "plateau", "slow", "high-flat")


class ValueNet(nn.Module):
    def __init__(self, rooms=7):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(rooms, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, seen):
        return self.net(seen)[:, 0]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = ValueNet()
    slow = copy.deepcopy(model).requires_grad_(False)
    return dict(model=model, slow=slow, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), loss_fn=nn.MSELoss(),
                train=None, val=None, env=Rooms(seed), generator=torch.Generator().manual_seed(seed),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, slow, env = setup["model"], setup["slow"], setup["env"]
    for n in range(400 if steps is None else steps):
        seen = env.seen()
        right = (torch.rand(env.walkers, generator=setup["generator"]) < 0.8).long()
        paid, done = env.step(right)
        with torch.no_grad():
            goal = paid + 0.95 * (1 - done) * slow(env.seen())
        loss = setup["loss_fn"](model(seen), goal)
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        if n % 20 == 19:
            slow.load_state_dict(model.state_dict())
        log(loss.item())
