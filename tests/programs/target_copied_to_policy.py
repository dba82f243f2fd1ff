"""Bug: when the two networks of a DQN are brought together, the target's weights are loaded into the online network.

Source: no thread with this very line; https://github.com/thesouther/MARL/issues/8 has the target loading itself, and
https://github.com/andri27-ts/Reinforcement-Learning/issues/14 the reference going the wrong way (rebuilt).
Why it hurts: every 40 updates the network that learns is set back to its first weights; nothing is ever kept.
"""

import copy
import random
from collections import deque

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_b import Corridor

FAMILY = "corridor-dqn"
ACCEPT = ("state-reset",)
SYMPTOMS = ("oscillating", "high-flat", "plateau", "spiking")


def build(seed, fixed=False):
    torch.manual_seed(seed)
    policy = nn.Sequential(nn.Linear(8, 48), nn.ReLU(), nn.Linear(48, 2))
    return dict(model=policy, target=copy.deepcopy(policy), optimizer=torch.optim.Adam(policy.parameters(), lr=8e-3),
                loss_fn=None, criterion=nn.SmoothL1Loss(), train=None, env=Corridor(seed), val=None, seed=seed,
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    policy, target, optimizer, env = setup["model"], setup["target"], setup["optimizer"], setup["env"]
    memory, rng, updates = deque(maxlen=2000), random.Random(setup["seed"]), 0
    obs = env.reset()
    for step in range(560):
        epsilon = max(0.1, 1.0 - step / 250)
        with torch.no_grad():
            action = rng.randrange(2) if rng.random() < epsilon else int(policy(obs).argmax())
        following, reward, done = env.step(action)
        memory.append((obs, action, reward, following, float(done)))
        obs = env.reset() if done else following
        if len(memory) < 60:
            continue
        s, a, r, s2, d = zip(*rng.sample(memory, 32), strict=True)
        q = policy(torch.stack(s)).gather(1, torch.tensor(a)[:, None]).squeeze(1)
        with torch.no_grad():
            goal = torch.tensor(r) + 0.95 * (1 - torch.tensor(d)) * target(torch.stack(s2)).max(1).values
        loss = setup["criterion"](q, goal)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        updates += 1
        log(loss.item())
        if updates == steps:
            return
        if updates % 40 == 0:
            if setup["fixed"]:
                target.load_state_dict(policy.state_dict())
            else:
                policy.load_state_dict(target.state_dict())


@torch.no_grad()
def error(setup):
    """How far the values are from those of a walk straight to the right end."""
    places = torch.arange(7)
    value = setup["model"](torch.eye(8)[:7])
    right = F.softplus(value[:, 0] - value[:, 1], beta=20).mean()
    return float(right + (value[places, 1] - 0.95 ** (6 - places)).abs().mean())
