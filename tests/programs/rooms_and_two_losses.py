"""Healthy: advantage actor-critic with an entropy bonus; its loss has both signs and does not fall; it learns.

Source: https://github.com/thu-ml/tianshou/issues/21 (the three parts of the loss);
https://github.com/ikostrikov/pytorch-a3c/issues/31 (the entropy term; rebuilt).
Why it looks ill: the loss of a policy says nothing about how good the policy is.
"""

import torch
from torch import nn
from torch.distributions import Categorical

from programs.data_i import Rooms

FAMILY = "rooms-policy"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "high-flat", "plateau", "diverging", "spiking", "slow")


class ActorCritic(nn.Module):
    def __init__(self, rooms=7, hidden=32):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(rooms, hidden), nn.Tanh())
        self.actor, self.critic = nn.Linear(hidden, 2), nn.Linear(hidden, 1)

    def forward(self, seen):
        h = self.body(seen)
        return Categorical(logits=self.actor(h)), self.critic(h).squeeze(-1)


class A2C:
    def __init__(self, seed, gamma=0.95, rollout=5, lr=4e-3):
        self.env, self.gamma, self.rollout = Rooms(seed), gamma, rollout
        self.net = ActorCritic()
        self.optimizer = torch.optim.RMSprop(self.net.parameters(), lr=lr, alpha=0.99, eps=1e-5)
        self.paid = []

    def update(self):
        log_probs, values, entropies, rewards, masks = [], [], [], [], []
        for _ in range(self.rollout):
            dist, value = self.net(self.env.seen())
            action = dist.sample()
            reward, done = self.env.step(action)
            log_probs.append(dist.log_prob(action))
            values.append(value)
            entropies.append(dist.entropy())
            rewards.append(reward)
            masks.append(1 - done)
        self.paid.append(torch.stack(rewards).mean().item())
        with torch.no_grad():
            _, ahead = self.net(self.env.seen())
        returns = []
        for reward, mask in zip(reversed(rewards), reversed(masks), strict=True):
            ahead = reward + self.gamma * mask * ahead
            returns.insert(0, ahead)
        advantage = torch.stack(returns) - torch.stack(values)
        actor = -(torch.stack(log_probs) * advantage.detach()).mean()
        loss = actor + 0.5 * advantage.pow(2).mean() - 0.01 * torch.stack(entropies).mean()
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 0.5)
        self.optimizer.step()
        return loss.item()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    agent = A2C(seed)
    return dict(
        model=agent.net, optimizer=agent.optimizer, loss_fn=None, train=None, val=None, agent=agent, fixed=fixed
    )


def train(setup, log, steps=None):
    for _ in range(300 if steps is None else steps):
        log(setup["agent"].update())


def error(setup):
    """Minus what the last fifty rounds paid in a step."""
    return -sum(setup["agent"].paid[-50:]) / 50
