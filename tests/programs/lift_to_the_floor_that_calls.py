"""Healthy: an actor and a critic drive a lift to the floor that calls; thirty-two lifts at once.

Source: https://github.com/davidADSP/SIMPLE/issues/13 ("Is the policy loss supposed to be fluctuating here between
negative and positive?"); https://github.com/marlbenchmark/on-policy/issues/41 (rebuilt).
Why it looks ill: the loss is of both signs and hardly falls, while the lifts need fewer and fewer steps.
"""

import torch
from torch import nn
from torch.distributions import Categorical
from torch.nn import functional as F

FAMILY = "lift-a2c"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "plateau", "high-flat", "diverging", "slow", "spiking")

FLOORS, LIFTS, ROLL = 6, 32, 8


class Lifts:
    """Down, stay, up; one point for opening at the right floor, a tenth lost for each move."""

    def __init__(self, many):
        self.at, self.call = torch.randint(FLOORS, (2, many))

    def seen(self):
        return torch.cat([F.one_hot(self.at, FLOORS), F.one_hot(self.call, FLOORS)], 1).float()

    def step(self, action):
        self.at = (self.at + action - 1).clamp(0, FLOORS - 1)
        there = (self.at == self.call) & (action == 1)
        self.call = torch.where(there, torch.randint(FLOORS, self.call.shape), self.call)
        return there.float() - 0.1


class ActorCritic(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2 * FLOORS, 48), nn.Tanh())
        self.actor, self.critic = nn.Linear(48, 3), nn.Linear(48, 1)

    def forward(self, seen):
        h = self.body(seen)
        return Categorical(logits=self.actor(h)), self.critic(h)[:, 0]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = ActorCritic()
    return dict(model=net, optimizer=torch.optim.RMSprop(net.parameters(), lr=5e-3), loss_fn=None, train=Lifts(LIFTS),
                val=None, rewards=[], fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, lifts, optimizer = setup["model"], setup["train"], setup["optimizer"]
    for i in range(220):
        told = []
        for _ in range(ROLL):
            policy, value = net(lifts.seen())
            action = policy.sample()
            told.append((policy.log_prob(action), value, policy.entropy(), lifts.step(action)))
        with torch.no_grad():
            back = net(lifts.seen())[1]
        loss = 0.0
        for log_prob, value, entropy, reward in reversed(told):
            back = reward + 0.9 * back
            better = back - value
            loss = loss - (log_prob * better.detach() - 0.5 * better.square() + 0.01 * entropy).mean() / ROLL
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        setup["rewards"].append(torch.stack([one[3] for one in told]).mean().item())
        log(loss.item())
        if i + 1 == steps:
            return


def error(setup):
    """Minus the mean reward of the last rounds; near 0.1 for a lift that goes nowhere."""
    return -sum(setup["rewards"][-20:]) / 20
