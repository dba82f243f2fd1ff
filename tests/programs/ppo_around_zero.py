"""Healthy: PPO with clipped ratios; several epochs on each rollout; the loss wanders about zero while the reward
grows.

Source: https://github.com/davidADSP/SIMPLE/issues/13 (a policy loss between negative and positive) and
https://github.com/DLR-RM/stable-baselines3/issues/1943 (it goes to 0, not down; rebuilt). Must not be called
same-batch-repeated, lr-too-high, loss-sign-flipped or graph-detached.
"""

import torch
from torch import nn
from torch.distributions import Categorical

from programs.data_b import Corridor, discounted

FAMILY = "corridor-ppo"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "spiking", "plateau", "high-flat")


class Agent(nn.Module):
    def __init__(self, places=8):
        super().__init__()
        self.actor = nn.Sequential(nn.Linear(places, 32), nn.Tanh(), nn.Linear(32, 2))
        self.critic = nn.Sequential(nn.Linear(places, 32), nn.Tanh(), nn.Linear(32, 1))

    def evaluate(self, obs, action):
        dist = Categorical(logits=self.actor(obs))
        return dist.log_prob(action), self.critic(obs).squeeze(-1), dist.entropy()


@torch.no_grad()
def rollout(agent, env, walks):
    seen, actions, returns, earned = [], [], [], 0.0
    for _ in range(walks):
        obs, done, rewards = env.reset(), False, []
        while not done:
            action = Categorical(logits=agent.actor(obs)).sample()
            seen.append(obs)
            actions.append(action)
            obs, reward, done = env.step(int(action))
            rewards.append(reward)
        returns.append(discounted(rewards))
        earned += sum(rewards) / walks
    return torch.stack(seen), torch.stack(actions), torch.cat(returns), earned


def build(seed, fixed=False):
    torch.manual_seed(seed)
    agent = Agent()
    return dict(model=agent, optimizer=torch.optim.Adam(agent.parameters(), lr=5e-3, eps=1e-5), loss_fn=None,
                train=None, env=Corridor(seed), val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    agent, optimizer, n = setup["model"], setup["optimizer"], 0
    for _iteration in range(25):
        obs, actions, returns, setup["earned"] = rollout(agent, setup["env"], 6)
        with torch.no_grad():
            old_log_prob, values, _ = agent.evaluate(obs, actions)
            advantage = returns - values
            advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
        for _ in range(3):
            for rows in torch.randperm(len(obs)).chunk(2):
                log_prob, value, entropy = agent.evaluate(obs[rows], actions[rows])
                ratio = (log_prob - old_log_prob[rows]).exp()
                gain = torch.min(ratio * advantage[rows], ratio.clamp(0.8, 1.2) * advantage[rows])
                loss = -gain.mean() + 0.5 * (value - returns[rows]).square().mean() - 0.01 * entropy.mean()
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(agent.parameters(), 0.5)
                optimizer.step()
                n += 1
                log(loss.item())
                if n == steps:
                    return
