"""Healthy: advantage actor-critic with kayaks side by side; the loss wanders about, the points grow.

Source: https://github.com/marlbenchmark/on-policy/issues/41 ("The reward function can increase [...] why my actor loss
increases to convergence"; rebuilt). Nothing to mend: the data follow the policy, so that the loss of one update
cannot be held against that of another; the advantage is detached and the critic learns by its own term.
"""

import torch
from torch import nn
from torch.distributions import Categorical

from programs.data_u import Rapids

FAMILY = "kayaks-a2c"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "plateau", "high-flat", "spiking")

KAYAKS, HORIZON, GAMMA = 32, 6, 0.8


class ActorCritic(nn.Module):
    def __init__(self, seen=9, actions=3, hidden=48):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(seen, hidden), nn.Tanh())
        self.policy, self.value = nn.Linear(hidden, actions), nn.Linear(hidden, 1)

    def forward(self, obs):
        h = self.trunk(obs)
        return Categorical(logits=self.policy(h)), self.value(h).squeeze(-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    agent = ActorCritic()
    return dict(model=agent, optimizer=torch.optim.Adam(agent.parameters(), lr=5e-3), loss_fn=None, train=None,
                val=None, river=Rapids(KAYAKS, seed), fixed=fixed)  # fmt: skip


def paddle(agent, river):
    log_probs, values, entropies, rewards = [], [], [], []
    for _ in range(HORIZON):
        dist, value = agent(river.see())
        action = dist.sample()
        rewards.append(river.step(action))
        log_probs.append(dist.log_prob(action))
        values.append(value)
        entropies.append(dist.entropy())
    with torch.no_grad():
        after, returns = agent(river.see())[1], []
        for reward in reversed(rewards):
            after = reward + GAMMA * after
            returns.insert(0, after)
    parts = (log_probs, values, entropies, returns, rewards)
    return [torch.stack(part) for part in parts]


def train(setup, log, steps=None):
    agent, optimizer, river = setup["model"], setup["optimizer"], setup["river"]
    for update in range(250):
        if update == steps:
            break
        log_probs, values, entropies, returns, rewards = paddle(agent, river)
        advantage = (returns - values).detach()
        actor_loss = -(log_probs * advantage).mean()
        critic_loss = (returns - values).square().mean()
        loss = actor_loss + 0.5 * critic_loss - 0.01 * entropies.mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
        optimizer.step()
        log(loss.item(), metric=rewards.mean().item())


@torch.no_grad()
def error(setup):
    river, points = Rapids(500, 77), 0.0
    for _ in range(10):
        points += river.step(setup["model"](river.see())[0].probs.argmax(1)).mean().item() / 10
    return 1 - points
