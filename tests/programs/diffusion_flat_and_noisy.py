"""Healthy: a small diffusion model with an average of its weights; the loss falls at once and is flat and noisy from
then on.

Source: https://github.com/huawei-noah/Speech-Backbones/issues/13 ("the diffusion loss was not decreasing, and was
fluctuating a lot": normal) and https://github.com/ermongroup/ddim/issues/33 (rebuilt). Must not be called
noisy-labels, batch-too-small, lr-too-high or capacity-too-small.
"""

import copy
import math

import torch
from torch import nn

from programs.data_b import spiral

FAMILY = "spiral-ema"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "oscillating")
LEVELS = 100


class EpsModel(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.level = nn.Embedding(LEVELS, width)
        self.inp, self.hid, self.out = nn.Linear(2, width), nn.Linear(width, width), nn.Linear(width, 2)

    def forward(self, x, t):
        h = torch.nn.functional.silu(self.inp(x) + self.level(t))
        return self.out(torch.nn.functional.silu(self.hid(h)))


@torch.no_grad()
def update_average(average, model, decay=0.99):
    for slow, fast in zip(average.parameters(), model.parameters(), strict=True):
        slow.lerp_(fast, 1 - decay)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = EpsModel()
    keep = torch.cos(0.5 * math.pi * (torch.arange(LEVELS) + 0.5) / LEVELS) ** 2
    average = copy.deepcopy(model).requires_grad_(False)
    return dict(model=model, average=average, optimizer=torch.optim.AdamW(model.parameters(), lr=2e-3), loss_fn=None,
                criterion=nn.MSELoss(), train=None, points=spiral(3000, seed), keep=keep, val=None,
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, keep, n = setup["model"], setup["optimizer"], setup["keep"], 0
    for _epoch in range(5):
        for x in setup["points"][torch.randperm(3000)].split(40):
            t = torch.randint(LEVELS, (len(x),))
            noise = torch.randn_like(x)
            level = keep[t][:, None]
            loss = setup["criterion"](model(level.sqrt() * x + (1 - level).sqrt() * noise, t), noise)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            update_average(setup["average"], model)
            n += 1
            log(loss.item())
            if n == steps:
                return
