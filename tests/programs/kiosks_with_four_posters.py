"""Healthy: REINFORCE with a baseline: which of four posters to hang for whom; the loss swings about nothing.

Source: https://datascience.stackexchange.com/questions/57114/understanding-reinforce-loss (minus log-probability times
reward; rebuilt). Why it is right: the loss is only a carrier of the gradient; the mean reward rises from 0.25 to 0.7.
"""

import torch
from torch import nn
from torch.distributions import Categorical

from programs.data_o import kinds

FAMILY = "kiosks-policy"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "oscillating", "high-flat")


def reward_for(action, taste):
    """One if the passer-by buys: eight of ten where the poster meets the taste, one of ten elsewhere."""
    chance = torch.where(action == taste, 0.8, 0.1)
    return torch.bernoulli(chance)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    policy = nn.Sequential(nn.Linear(10, 32), nn.Tanh(), nn.Linear(32, 4))
    return dict(model=policy, optimizer=torch.optim.Adam(policy.parameters(), lr=5e-3), loss_fn=None,
                train=kinds(4000, seed, 38), val=kinds(500, seed + 500, 38), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    policy, optimizer = setup["model"], setup["optimizer"]
    people, taste = setup["train"]
    baseline = 0.25
    for step in range(600):
        ids = torch.randint(len(people), (64,))
        dist = Categorical(logits=policy(people[ids]))
        action = dist.sample()
        reward = reward_for(action, taste[ids])
        loss = -(dist.log_prob(action) * (reward - baseline)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        baseline += 0.05 * (reward.mean().item() - baseline)
        log(loss.item(), metric=reward.mean().item())
        if step + 1 == steps:
            return


@torch.no_grad()
def error(setup):
    """How often the likeliest poster is not the one that is liked."""
    people, taste = setup["val"]
    return (setup["model"](people).argmax(1) != taste).float().mean().item()
