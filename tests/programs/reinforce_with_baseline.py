"""Healthy: REINFORCE with a learnt baseline and some entropy; the loss is noisy, of both signs, and says nothing of
success.

Source: https://github.com/kevinzakka/recurrent-visual-attention/issues/31 (negative losses; the loss can increase
while it learns: answered, a standard approach; rebuilt). Must not be called loss-sign-flipped, lr-too-high,
loss-terms-unbalanced or noisy-labels.
"""

import torch
from torch import nn
from torch.distributions import Categorical

from programs.data_b import Corridor, discounted

FAMILY = "corridor-baseline"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "spiking", "plateau", "high-flat")


class ActorCritic(nn.Module):
    def __init__(self, places, hidden=32):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(places, hidden), nn.Tanh())
        self.actor, self.critic = nn.Linear(hidden, 2), nn.Linear(hidden, 1)

    def forward(self, obs):
        h = self.body(obs)
        return Categorical(logits=self.actor(h)), self.critic(h).squeeze(-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = ActorCritic(8)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=1e-2), loss_fn=None,
                train=None, env=Corridor(seed), val=None, earned=[], fixed=fixed)  # fmt: skip


def episode(model, env):
    obs, done, log_probs, values, entropies, rewards = env.reset(), False, [], [], [], []
    while not done:
        dist, value = model(obs)
        action = dist.sample()
        log_probs.append(dist.log_prob(action))
        values.append(value)
        entropies.append(dist.entropy())
        obs, reward, done = env.step(int(action))
        rewards.append(reward)
    return torch.stack(log_probs), torch.stack(values), torch.stack(entropies), rewards


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    for n in range(1, 161):
        log_probs, values, entropies, rewards = episode(model, setup["env"])
        returns = discounted(rewards)
        advantage = returns - values.detach()
        policy_loss = -(log_probs * advantage).mean()
        value_loss = (values - returns).square().mean()
        loss = policy_loss + 0.5 * value_loss - 0.01 * entropies.mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
        setup["earned"].append(sum(rewards))
        log(loss.item())
        if n == steps:
            return


def error(setup):
    """What the last thirty walks failed to earn."""
    return 1.0 - sum(setup["earned"][-30:]) / 30
