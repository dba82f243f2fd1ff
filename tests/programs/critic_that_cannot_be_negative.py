"""Bug: the value network of a critic ends in a ReLU, and all returns are negative.

Source: https://github.com/dennybritz/reinforcement-learning/pull/104 and
https://github.com/openai/baselines/issues/331 ("ok if the value function is greater than zero, but for negative value
functions the output is always zero"; rebuilt).
Why it hurts: the best that such an output can do is 0, and there its gradient is 0.
"""

import random

import torch
from torch import nn

from programs.data_b import Corridor, discounted

FAMILY = "corridor-critic"
ACCEPT = ("output-activation-mismatch", "dead-relu")
SYMPTOMS = ("high-flat", "plateau", "oscillating")


class Critic(nn.Module):
    def __init__(self, places, fixed):
        super().__init__()
        layers = [nn.Linear(places, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1)]
        if not fixed:
            layers.append(nn.ReLU())
        self.layers = nn.Sequential(*layers)

    def forward(self, obs):
        return self.layers(obs).squeeze(-1)


def evaluate_walks(env, rng, count):
    """Observations and what was paid from there on, of walks that go right three times of four."""
    seen, paid = [], []
    for _ in range(count):
        obs, done, rewards = env.reset(), False, []
        while not done:
            seen.append(obs)
            obs, _, done = env.step(int(rng.random() < 0.75))
            rewards.append(-0.2)
        paid.append(discounted(rewards))
    return torch.stack(seen), torch.cat(paid)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Critic(8, fixed)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), loss_fn=nn.MSELoss(), val=None,
                train=None, env=Corridor(seed), rng=random.Random(seed), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _iteration in range(30):
        obs, returns = evaluate_walks(setup["env"], setup["rng"], 6)
        for _ in range(5):
            loss = setup["loss_fn"](model(obs), returns)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
