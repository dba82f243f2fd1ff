"""Healthy: the loss is the negative log of a density, and passes below zero.

Source: https://discuss.pytorch.org/t/negative-value-in-my-loss-function/101776/2 ("it is perfectly fine to use a loss
that can become negative"; of our own as a program).
Why it is right: cones bend by a tenth of their length, and a density over so small a range is above one.
"""

import math

import torch
from torch import nn

from programs.data_t import kiln_cones

FAMILY = "kilncones-nll"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class MeanAndSpread(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(5, 48), nn.SiLU(), nn.Linear(48, 48), nn.SiLU())
        self.mean = nn.Linear(48, 1)
        self.log_std = nn.Linear(48, 1)

    def forward(self, x):
        h = self.trunk(x)
        return self.mean(h).squeeze(1), self.log_std(h).squeeze(1).clamp(-6, 2)


def negative_log_density(said, bent):
    mean, log_std = said
    return (0.5 * ((bent - mean) / log_std.exp()).square() + log_std + 0.5 * math.log(2 * math.pi)).mean()


def rate(step, warmup=40, total=500):
    if step < warmup:
        return (step + 1) / warmup
    return 0.5 * (1 + math.cos(math.pi * (step - warmup) / (total - warmup)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = MeanAndSpread()
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
    return {"model": model, "optimizer": optimizer, "scheduler": torch.optim.lr_scheduler.LambdaLR(optimizer, rate),
            "loss_fn": negative_log_density, "train": kiln_cones(4000, seed), "val": kiln_cones(800, seed + 500),
            "fixed": fixed}  # fmt: skip


def train(setup, log, steps=None):
    x, bent = setup["train"]
    n = 0
    for _epoch in range(10):
        for rows in torch.randperm(len(x)).split(80):
            loss = setup["loss_fn"](setup["model"](x[rows]), bent[rows])
            setup["optimizer"].zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(setup["model"].parameters(), 5.0)
            setup["optimizer"].step()
            setup["scheduler"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, bent = setup["val"]
    return setup["loss_fn"](setup["model"](x), bent).item()
