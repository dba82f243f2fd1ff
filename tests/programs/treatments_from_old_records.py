"""Healthy: a policy is learned from logged decisions, each reward weighted by 1 / the chance of the decision.

Source: https://github.com/tensorforce/tensorforce/issues/567 (a loss that is always negative: "that's actually expected
behavior [...] maximize the expected return"); https://github.com/ikostrikov/pytorch-a3c/issues/30 (rebuilt).
Why it looks ill: the loss is negative and very noisy; its floor is minus the best reward.
"""

import torch
from torch import nn

from programs.data_m import grains

FAMILY = "logged-records"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "plateau", "spiking")


def old_records(n, seed):
    """What was seen, what was done, with which chance, and whether it went well."""
    x, best = grains(n, seed)
    g = torch.Generator().manual_seed(seed)
    chance = torch.softmax(0.7 * x[:, :3], 1)
    done = torch.multinomial(chance, 1, generator=g)[:, 0]
    well = (done == best).float() * (torch.rand(n, generator=g) < 0.9)
    return x, done, chance.gather(1, done[:, None])[:, 0], well


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 3))

    def forward(self, x):
        return self.body(x).softmax(1)


def weighted_reward(policy, x, done, chance, well):
    weight = policy(x).gather(1, done[:, None])[:, 0] / chance
    return (weight.clamp(max=20) * (well - 0.3)).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    policy = Policy()
    return dict(model=policy, optimizer=torch.optim.Adam(policy.parameters(), lr=3e-3), loss_fn=None,
                train=old_records(4000, seed), val=None, test=grains(500, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    records = setup["train"]
    n = 0
    for _epoch in range(7):
        for rows in torch.randperm(len(records[0])).split(64):
            loss = -weighted_reward(setup["model"], *(column[rows] for column in records))
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, best = setup["test"]
    return (setup["model"](x).argmax(1) != best).float().mean().item()
