"""Bug: the returns of an episode are divided by their standard deviation; an episode of one step has 0.

Source: https://github.com/ray-project/ray/issues/846,
https://github.com/huseinzol05/Stock-Prediction-Models/issues/43 and
https://github.com/MorvanZhou/Reinforcement-learning-with-tensorflow/issues/99 (rebuilt).
Why it hurts: 0/0 is NaN; the first such episode makes the loss NaN, and then the weights.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_b import Corridor, discounted

FAMILY = "corridor-pg-batch"
ACCEPT = ("undefined-operation",)
SYMPTOMS = ("non-finite",)


def rollout(env, model):
    obs, done, log_probs, rewards = env.reset(), False, [], []
    while not done:
        log_p = F.log_softmax(model(obs), dim=-1)
        action = torch.multinomial(log_p.detach().nan_to_num(0.0).exp(), 1)
        log_probs.append(log_p[action])
        obs, reward, done = env.step(int(action))
        rewards.append(reward)
    return torch.cat(log_probs), rewards


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(6, 24), nn.ReLU(), nn.Linear(24, 2))
    eps = 1e-8 if fixed else 0.0
    return dict(model=model, optimizer=torch.optim.RMSprop(model.parameters(), lr=3e-3), loss_fn=None, eps=eps,
                train=None, env=Corridor(seed, length=6, starts=5, limit=20), val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, env = setup["model"], setup["optimizer"], setup["env"]
    for n in range(1, 121):
        losses = []
        for _ in range(2):
            log_probs, rewards = rollout(env, model)
            g = discounted(rewards)
            advantage = (g - g.mean()) / (g.std(unbiased=False) + setup["eps"])
            losses.append(-(log_probs * advantage).sum())
        loss = torch.stack(losses).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss.item())
        if n == steps:
            return
