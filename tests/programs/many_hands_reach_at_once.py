"""Healthy: a Gaussian policy learns to reach a point, by REINFORCE over many hands; the loss hovers about zero.

Source: https://github.com/pytorch/examples/issues/590 (why normalize rewards?; rebuilt). Nothing to mend: returns of
mean 0 give a loss of mean 0 at the beginning and at the end; that the hands come nearer is seen in the distance.
"""

import torch
from torch import nn
from torch.distributions import Independent, Normal

FAMILY = "reach-policy"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "spiking", "plateau", "high-flat", "diverging")
HANDS, MOVES = 64, 8


class Arms:
    """So many hands in a plane, each with a goal; a move is a push, and some of it gets lost."""

    def __init__(self, seed):
        self.g = torch.Generator().manual_seed(seed)

    def reset(self):
        self.goal = torch.randn(HANDS, 2, generator=self.g)
        self.hand = torch.zeros(HANDS, 2)
        return self.observe()

    def observe(self):
        return torch.cat([self.hand, self.goal], dim=1)

    def step(self, push):
        drift = 0.03 * torch.randn(HANDS, 2, generator=self.g)
        self.hand = self.hand + 0.5 * push.clamp(-1, 1) + drift
        return self.observe(), -(self.hand - self.goal).norm(dim=1)


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 2))
        self.log_std = nn.Parameter(torch.full((2,), -0.7))

    def forward(self, seen):
        return Independent(Normal(self.net(seen), self.log_std.exp()), 1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    policy = Policy()
    optimizer = torch.optim.Adam(policy.parameters(), lr=1e-2)
    return dict(model=policy, optimizer=optimizer, loss_fn=None, train=None, val=None, arms=Arms(seed), distances=[],
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    policy, optimizer, arms = setup["model"], setup["optimizer"], setup["arms"]
    for _ in range(steps or 250):
        seen, chances, rewards = arms.reset(), [], []
        for _ in range(MOVES):
            moves = policy(seen)
            push = moves.sample()
            chances.append(moves.log_prob(push))
            seen, reward = arms.step(push)
            rewards.append(reward)
        to_come = torch.stack(rewards).flip(0).cumsum(0).flip(0)
        advantage = (to_come - to_come.mean(1, keepdim=True)) / (to_come.std(1, keepdim=True) + 1e-6)
        loss = -(torch.stack(chances) * advantage).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        setup["distances"].append(-rewards[-1].mean().item())
        log(loss.item())


def error(setup):
    """How far from the goal the hands ended of late."""
    return sum(setup["distances"][-20:]) / 20
