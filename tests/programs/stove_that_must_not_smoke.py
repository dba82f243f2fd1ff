"""Healthy: a policy for the damper of a stove, by its gradient and with a baseline; its loss stays about zero.

Source: https://github.com/DLR-RM/stable-baselines3/issues/1943 (what the policy_gradient_loss should do); the stove is
of our own. Why it is right: the advantage is what is better than expected, so its mean is about zero whatever the
policy does; the reward is what rises.
"""

import torch
from torch import nn
from torch.distributions import Categorical

FAMILY = "stoves-policy"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "high-flat", "plateau")


class Stove:
    """It is too cold or too warm in the kitchen and smokes more or less; five places of the damper."""

    def __init__(self, generator):
        self.generator = generator

    def look(self, n):
        return torch.randn(n, 3, generator=self.generator)

    def reward(self, state, damper):
        wanted = (2 + 1.2 * state[:, 0] - 0.8 * torch.tanh(state[:, 1] * state[:, 2])).clamp(0, 4)
        noise = 0.2 * torch.randn(len(state), generator=self.generator)
        return 1 - 0.4 * (damper - wanted) ** 2 + noise


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.actor = nn.Sequential(nn.Linear(3, 32), nn.Tanh(), nn.Linear(32, 5))
        self.critic = nn.Sequential(nn.Linear(3, 32), nn.Tanh(), nn.Linear(32, 1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = ActorCritic()
    groups = [{"params": net.actor.parameters(), "lr": 6e-3}, {"params": net.critic.parameters(), "lr": 1e-2}]
    return {"model": net, "optimizer": torch.optim.Adam(groups), "loss_fn": None, "train": None, "val": None,
            "stove": Stove(torch.Generator().manual_seed(87000 + seed)), "fixed": fixed}  # fmt: skip


def train(setup, log, steps=None):
    net, optimizer, stove = setup["model"], setup["optimizer"], setup["stove"]
    for _ in range(steps or 600):
        state = stove.look(64)
        policy = Categorical(logits=net.actor(state))
        damper = policy.sample()
        reward = stove.reward(state, damper)
        value = net.critic(state).squeeze(1)
        advantage = (reward - value).detach()
        policy_loss = -(policy.log_prob(damper) * advantage).mean()
        value_loss = (reward - value).pow(2).mean()
        optimizer.zero_grad()
        (policy_loss + 0.5 * value_loss - 0.01 * policy.entropy().mean()).backward()
        optimizer.step()
        log(policy_loss.item(), metric=-reward.mean().item())


@torch.no_grad()
def error(setup):
    """By how much the reward, the damper placed as the policy likes best, stays below 1."""
    state = setup["stove"].look(2000)
    return 1 - setup["stove"].reward(state, setup["model"].actor(state).argmax(1)).mean().item()
