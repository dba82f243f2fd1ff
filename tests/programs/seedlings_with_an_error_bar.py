"""Bug: the mean and the deviation are columns (N, 1), the heights a row (N,); the likelihood is over N by N pairs.

Source: https://github.com/pytorch/pytorch/issues/16045 ("fail to throw error when computing loss between tensors with
shapes [n, 1] and [n]"); https://github.com/IntelLabs/matsciml/pull/347 (rebuilt).
Why it hurts: each answer is drawn to the heights of the whole batch; the best is their mean and their deviation.
"""

import math

import torch
from torch import nn

from programs.data_m import seedlings

FAMILY = "seedlings-nll"
ACCEPT = ("broadcast-loss",)
SYMPTOMS = ("high-flat", "plateau", "slow")


class TwoHeads(nn.Module):
    def __init__(self, inputs=5, hidden=40):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(inputs, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh())
        self.mean = nn.Linear(hidden, 1)
        self.log_sigma = nn.Linear(hidden, 1)

    def forward(self, x):
        h = self.body(x)
        return self.mean(h), self.log_sigma(h).clamp(-4, 2)


def negative_log_likelihood(mean, log_sigma, height):
    z = (height - mean) / log_sigma.exp()
    return (0.5 * z**2 + log_sigma + 0.5 * math.log(2 * math.pi)).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = TwoHeads()
    x, height = seedlings(1280, seed)
    if fixed:
        height = height[:, None]
    return dict(model=net, optimizer=torch.optim.NAdam(net.parameters(), lr=3e-3), loss_fn=negative_log_likelihood,
                train=(x, height), val=None, test=seedlings(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, opt = setup["model"], setup["optimizer"]
    x, height = setup["train"]
    at = 0
    for _epoch in range(10):
        order = torch.randperm(len(x))
        x, height = x[order], height[order]
        for start in range(0, len(x), 32):
            mean, log_sigma = net(x[start : start + 32])
            loss = negative_log_likelihood(mean, log_sigma, height[start : start + 32])
            opt.zero_grad()
            loss.backward()
            opt.step()
            at += 1
            log(loss.item())
            if at == steps:
                return


@torch.no_grad()
def error(setup):
    x, height = setup["test"]
    return (setup["model"](x)[0].squeeze(1) - height).square().mean().item()
