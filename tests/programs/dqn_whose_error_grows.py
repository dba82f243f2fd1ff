"""Healthy: a DQN; its temporal-difference error is small at first, grows as rewards are found, and wanders.

Source: https://github.com/IntelLabs/coach/issues/214 ("in RL you can't always expect the loss to go down ... a moving
target") and https://github.com/google-deepmind/acme/issues/51 (rebuilt). Must not be called lr-too-high,
data-not-shuffled, state-reset or labels-misaligned.
"""

import copy

import torch
from torch import nn

from programs.data_b import Corridor

FAMILY = "corridor-dqn-soft"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "spiking", "diverging", "plateau", "slow")


class Replay:
    def __init__(self, capacity, places):
        self.obs, self.following = torch.zeros(capacity, places), torch.zeros(capacity, places)
        self.action, self.reward = torch.zeros(capacity, dtype=torch.long), torch.zeros(capacity)
        self.going, self.count, self.capacity = torch.zeros(capacity), 0, capacity

    def add(self, obs, action, reward, following, done):
        i = self.count % self.capacity
        self.obs[i], self.action[i], self.reward[i], self.following[i] = obs, action, reward, following
        self.going[i] = 0.0 if done else 1.0
        self.count += 1

    def sample(self, size, generator):
        i = torch.randint(min(self.count, self.capacity), (size,), generator=generator)
        return self.obs[i], self.action[i], self.reward[i], self.following[i], self.going[i]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    online = nn.Sequential(nn.Linear(8, 48), nn.ReLU(), nn.Linear(48, 2))
    target = copy.deepcopy(online).requires_grad_(False)
    return dict(model=online, target=target, optimizer=torch.optim.Adam(online.parameters(), lr=3e-3),
                loss_fn=None, criterion=nn.SmoothL1Loss(), train=None, env=Corridor(seed, slip=0.15), val=None,
                generator=torch.Generator().manual_seed(seed), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    online, target, optimizer, env, g = (setup[k] for k in ("model", "target", "optimizer", "env", "generator"))
    memory, obs, n = Replay(1000, 8), env.reset(), 0
    for step in range(640):
        explore = torch.rand(1, generator=g).item() < max(0.1, 1.0 - step / 300)
        with torch.no_grad():
            best = int(online(obs).argmax())
        action = int(torch.randint(2, (1,), generator=g)) if explore else best
        following, reward, done = env.step(action)
        memory.add(obs, action, reward, following, done)
        obs = env.reset() if done else following
        if step < 40:
            continue
        s, a, r, s2, going = memory.sample(32, g)
        with torch.no_grad():
            goal = r + 0.95 * going * target(s2).gather(1, online(s2).argmax(1, keepdim=True)).squeeze(1)
        loss = setup["criterion"](online(s).gather(1, a[:, None]).squeeze(1), goal)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for slow, fast in zip(target.parameters(), online.parameters(), strict=True):
                slow.lerp_(fast, 0.02)
        n += 1
        log(loss.item())
        if n == steps:
            return
