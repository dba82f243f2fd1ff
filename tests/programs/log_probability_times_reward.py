"""Bug: the loss of a policy gradient is log_prob * reward, without the minus.

Source: https://datascience.stackexchange.com/questions/57114/understanding-reinforce-loss (where the minus comes from,
and an answer that leaves it out; rebuilt).
Why it hurts: the optimizer makes the loss small, and so the levers that pay best the least likely.
"""

import torch
from torch import nn
from torch.distributions import Categorical

from programs.data_f import Levers

FAMILY = "locks-policy"
ACCEPT = ("loss-sign-flipped",)
SYMPTOMS = ("high-flat", "oscillating", "diverging", "plateau", "spiking", "healthy")


class Agent:
    def __init__(self, sign):
        self.policy = nn.Sequential(nn.Linear(6, 32), nn.Tanh(), nn.Linear(32, 5))
        self.optimizer = torch.optim.Adam(self.policy.parameters(), lr=5e-3)
        self.sign, self.usual = sign, 0.0

    def act(self, lamps):
        choice = Categorical(logits=self.policy(lamps))
        lever = choice.sample()
        return lever, choice.log_prob(lever)

    def learn(self, log_prob, reward):
        advantage = reward - self.usual
        self.usual = 0.9 * self.usual + 0.1 * reward.mean().item()
        loss = self.sign * (log_prob * advantage).mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss


def build(seed, fixed=False):
    torch.manual_seed(seed)
    agent = Agent(sign=-1.0 if fixed else 1.0)
    return dict(model=agent.policy, optimizer=agent.optimizer, loss_fn=None, train=None, val=None, agent=agent,
                levers=Levers(seed), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    agent, levers = setup["agent"], setup["levers"]
    for n in range(1, 301):
        lamps = levers.lamps(64)
        lever, log_prob = agent.act(lamps)
        reward = levers.pull(lamps, lever)
        loss = agent.learn(log_prob, reward)
        log(loss.item())
        if n == steps:
            return


@torch.no_grad()
def error(setup):
    """How much less the likeliest lever pays than the best one."""
    levers = Levers(999)
    lamps = levers.lamps(1000)
    pays = levers.pays(lamps)
    chosen = setup["agent"].policy(lamps).argmax(1, keepdim=True)
    return float((pays.amax(1) - pays.gather(1, chosen)[:, 0]).mean())
