"""Bug: the log-probabilities of an episode are put into torch.tensor(...), which makes a new leaf without a history.

Source: https://github.com/kengz/SLM-Lab/pull/133 ("torch.tensor creates a brand new tensor detached from the
computation graph"); also https://github.com/Quantum-Cheese/DeepReinforcementLearning_Pytorch/issues/1 (rebuilt).
Why it hurts: backward() runs without complaint, and no parameter of the policy gets a gradient.
"""

import torch
from torch import nn
from torch.distributions import Categorical

from programs.data_b import Corridor, discounted

FAMILY = "corridor-reinforce"
ACCEPT = ("graph-detached",)
SYMPTOMS = ("high-flat", "oscillating", "spiking")


class Policy(nn.Module):
    def __init__(self, places, hidden=32):
        super().__init__()
        self.affine1 = nn.Linear(places, hidden)
        self.affine2 = nn.Linear(hidden, 2)

    def forward(self, obs):
        return Categorical(logits=self.affine2(torch.tanh(self.affine1(obs))))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Policy(8)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=1e-2), loss_fn=None,
                train=None, env=Corridor(seed), val=None, fixed=fixed, returns=[])  # fmt: skip


def train(setup, log, steps=None):
    policy, optimizer, env, baseline = setup["model"], setup["optimizer"], setup["env"], 0.0
    for episode in range(150):
        obs, done, rewards, log_probs = env.reset(), False, [], []
        while not done:
            dist = policy(obs)
            action = dist.sample()
            log_probs.append(dist.log_prob(action))
            obs, reward, done = env.step(int(action))
            rewards.append(reward)
        returns = discounted(rewards)
        if setup["fixed"]:
            log_probs = torch.stack(log_probs)
        else:
            log_probs = torch.tensor([lp.item() for lp in log_probs], requires_grad=True)
        loss = -(log_probs * (returns - baseline)).mean()
        baseline = 0.9 * baseline + 0.1 * returns.mean().item()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        setup["returns"].append(sum(rewards))
        log(loss.item())
        if episode + 1 == steps:
            return


def error(setup):
    """What the last thirty episodes failed to earn."""
    last = setup["returns"][-30:]
    return 1.0 - sum(last) / len(last)
