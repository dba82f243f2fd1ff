"""Bug: a value net learns returns of minus many hundreds as they are; its first outputs are near zero.

Source: https://github.com/deepspeedai/DeepSpeedExamples/issues/556 ("The threshold of return is too large and critic
model is hard to estimate it [...] I used reward scale"; rebuilt).
Why it hurts: with steps of a thousandth the net spends the whole training on its way to the mean.
"""

import torch
from torch import nn

from programs.data_h import trips

FAMILY = "trips-value"
ACCEPT = ("unscaled-targets",)
SYMPTOMS = ("slow", "high-flat", "plateau")


class ReplayBuffer:
    def __init__(self, seed):
        self.states, self.returns = trips(4000, seed)
        self.g = torch.Generator().manual_seed(seed)

    def sample(self, n):
        rows = torch.randint(len(self.states), (n,), generator=self.g)
        return {"obs": self.states[rows], "ret": self.returns[rows]}


class Critic(nn.Module):
    def __init__(self, size=5, hidden=64):
        super().__init__()
        self.fc1, self.fc2, self.v = nn.Linear(size, hidden), nn.Linear(hidden, hidden), nn.Linear(hidden, 1)

    def forward(self, obs):
        return self.v(torch.relu(self.fc2(torch.relu(self.fc1(obs))))).squeeze(-1)


class Agent:
    def __init__(self, seed, rescale):
        self.buffer, self.critic = ReplayBuffer(seed), Critic()
        self.shift, self.scale = 0.0, 1.0
        if rescale:
            self.shift, self.scale = self.buffer.returns.mean(), self.buffer.returns.std()
        self.critic_optim = torch.optim.Adam(self.critic.parameters(), lr=1e-3)
        self.criterion = nn.MSELoss()

    def update(self):
        batch = self.buffer.sample(128)
        loss = self.criterion(self.critic(batch["obs"]), (batch["ret"] - self.shift) / self.scale)
        self.critic_optim.zero_grad()
        loss.backward()
        self.critic_optim.step()
        return loss.item()

    def value(self, obs):
        with torch.no_grad():
            return self.critic(obs) * self.scale + self.shift


def build(seed, fixed=False):
    torch.manual_seed(seed)
    agent = Agent(seed, rescale=fixed)
    return dict(model=agent.critic, optimizer=agent.critic_optim, loss_fn=agent.criterion, train=agent.buffer, val=None,
                agent=agent, test=trips(800, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    for _ in range(400 if steps is None else steps):
        log(setup["agent"].update())


def error(setup):
    states, returns = setup["test"]
    return (setup["agent"].value(states) - returns).square().mean().sqrt().item()
