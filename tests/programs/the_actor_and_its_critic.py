"""Bug: the loss of the actor is the mean of the critic's values; the minus is missing.

Source: https://github.com/philtabor/Actor-Critic-Methods-Paper-To-Code/issues/2 ("why there is a neg sign in actor
loss. there is no neg sign in pseudo code"; rebuilt, as the asker would have had it).
Why it hurts: the actor looks for what the critic holds to be worst.
"""

from itertools import pairwise

import torch
from torch import nn

FAMILY = "aim-actor"
ACCEPT = ("loss-sign-flipped",)
SYMPTOMS = ("healthy", "diverging", "plateau", "slow", "oscillating")


class Range:
    def __init__(self, seed):
        self.g = torch.Generator().manual_seed(800 + seed)

    def see(self, n):
        return 2 * torch.rand(n, 3, generator=self.g) - 1

    @staticmethod
    def reward(obs, action):
        best = torch.stack([0.8 * torch.sin(2 * obs[:, 0]), 0.6 * obs[:, 1] * obs[:, 2]], 1)
        return 1.0 - (action - best).square().sum(1)


def make(*sizes, last):
    layers = [part for a, b in pairwise(sizes) for part in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(*layers[:-1], last)


class DDPG:
    def __init__(self, env, sign):
        self.env, self.sign, self.memory = env, sign, []
        self.actor, self.critic = make(3, 64, 64, 2, last=nn.Tanh()), make(5, 64, 64, 1, last=nn.Identity())
        self.actor_optim = torch.optim.Adam(self.actor.parameters(), lr=1e-3)
        self.critic_optim = torch.optim.Adam(self.critic.parameters(), lr=3e-3)

    def play(self, n=64):
        obs = self.env.see(n)
        with torch.no_grad():
            action = (self.actor(obs) + 0.5 * torch.randn(n, 2, generator=self.env.g)).clamp(-1, 1)
        self.memory.append((obs, action, self.env.reward(obs, action)))

    def learn(self):
        recent = self.memory[-50:]
        obs, action, reward = recent[int(torch.randint(len(recent), (1,), generator=self.env.g))]
        critic_loss = (self.critic(torch.cat([obs, action], 1))[:, 0] - reward).square().mean()
        self.follow(self.critic_optim, critic_loss)
        actor_loss = self.sign * self.critic(torch.cat([obs, self.actor(obs)], 1)).mean()
        self.follow(self.actor_optim, actor_loss)
        return actor_loss.item()

    def follow(self, optimizer, loss):
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    agent = DDPG(Range(seed), sign=-1.0 if fixed else 1.0)
    return dict(model=agent.actor, optimizer=(agent.actor_optim, agent.critic_optim), loss_fn=None, train=None,
                val=None, critic=agent.critic, agent=agent, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    for _ in range(400 if steps is None else steps):
        setup["agent"].play()
        log(setup["agent"].learn())


@torch.no_grad()
def error(setup):
    obs = Range(999).see(500)
    return -Range.reward(obs, setup["model"](obs)).mean().item()
