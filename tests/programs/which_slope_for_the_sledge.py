"""Healthy: a policy chooses one of four slopes a day; REINFORCE with a baseline that another optimizer fits.

Source: https://github.com/kengz/SLM-Lab/issues/437 ("reward increases with increasing criterion");
https://github.com/werner-duvaud/muzero-general/issues/96 (losses "are not necessarily decreasing"; rebuilt in small).
Why it looks ill: the loss is an advantage times a log-probability: it wanders about zero and goes nowhere; what one
travels grows.
"""

from itertools import pairwise

import torch
from torch import nn
from torch.distributions import Categorical

from programs.data_r import generator, pistes

FAMILY = "slopes-reinforce"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "plateau", "high-flat")


def mlp(*sizes):
    layers = []
    for a, b in pairwise(sizes):
        layers += [nn.Linear(a, b), nn.Tanh()]
    return nn.Sequential(*layers[:-1])


class Days:
    """Each call is some new days; only the slope that was taken tells how far one came."""

    def __init__(self, seed, size=64):
        self.g, self.size = generator(seed), size

    def __iter__(self):
        while True:
            yield pistes(self.size, self.g)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    policy, baseline = mlp(5, 32, 4), mlp(5, 32, 1)
    return dict(model=policy, baseline=baseline, loss_fn=None, train=Days(seed), val=None,
                optimizer=torch.optim.Adam(policy.parameters(), lr=5e-3),
                baseline_optimizer=torch.optim.Adam(baseline.parameters(), lr=1e-2), seed=seed,
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    policy, baseline = setup["model"], setup["baseline"]
    for i, (day, far) in enumerate(setup["train"], start=1):
        dist = Categorical(logits=policy(day))
        slope = dist.sample()
        reward = far.gather(1, slope[:, None])[:, 0] + 0.05 * torch.randn(len(day))
        value = baseline(day)[:, 0]
        advantage = (reward - value).detach()
        loss = -(dist.log_prob(slope) * advantage).mean() - 0.01 * dist.entropy().mean()
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        value_loss = nn.functional.mse_loss(value, reward)
        setup["baseline_optimizer"].zero_grad()
        value_loss.backward()
        setup["baseline_optimizer"].step()
        log(loss.item(), metric=reward.mean().item())
        if i == (steps or 400):
            return


@torch.no_grad()
def error(setup):
    """How much further the best slope would have led, on five hundred other days."""
    day, far = pistes(500, generator(setup["seed"] + 500))
    best = setup["model"](day).argmax(1, keepdim=True)
    return (far.max(1).values - far.gather(1, best)[:, 0]).mean().item()
