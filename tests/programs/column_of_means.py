"""Bug: the net's mean and variance are columns (N, 1), the targets are (N,), in a likelihood written by hand.

Source: https://github.com/pytorch/pytorch/pull/56469 (what shapes a Gaussian likelihood may broadcast; torch's own
loss checks them since, a line written by hand does not; rebuilt).
Why it hurts: the difference is a table (N, N); each mean is fitted to all targets of the batch.
"""

import math

import torch
from torch import nn

from programs.data_b import uneven_noise

FAMILY = "uneven-noise-gaussian"
ACCEPT = ("broadcast-loss",)
SYMPTOMS = ("plateau", "high-flat")


class MeanVariance(nn.Module):
    def __init__(self, hidden=48):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(1, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh())
        self.mean, self.log_var = nn.Linear(hidden, 1), nn.Linear(hidden, 1)

    def forward(self, x):
        h = self.body(x)
        return self.mean(h), self.log_var(h)


def gaussian_nll(output, target):
    mean, log_var = output
    return 0.5 * (log_var + (target - mean) ** 2 / log_var.exp() + math.log(2 * math.pi)).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = uneven_noise(1500, seed)
    if fixed:
        y = y.unsqueeze(1)
    model = MeanVariance()
    return dict(model=model, optimizer=torch.optim.NAdam(model.parameters(), lr=5e-3), loss_fn=gaussian_nll, val=None,
                train=list(zip(x.split(50), y.split(50), strict=True)), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for epoch in range(10):
        total = 0.0
        for x, y in setup["train"]:
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
            total += loss.item()
            n += 1
            log(loss.item())
            if n == steps:
                return
        setup["history"] = f"{epoch}: {total / len(setup['train']):.3f}"
