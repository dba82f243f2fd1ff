"""Bug: both towers are trained by Adam with a weight decay of 0.1, meant as the one of AdamW.

Source: https://github.com/google-research/simclr/issues/141 ("my contrastive loss does not decrease and still around
5"; the symptom only, the cause is of our own).
Why it hurts: in Adam the decay is part of the slope; it keeps the weights, and with them the scores, too small.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from programs.data_u import salmon

FAMILY = "salmon-towers"
ACCEPT = ("weight-decay-too-strong",)
SYMPTOMS = ("plateau", "slow")


class Tower(nn.Sequential):
    def __init__(self, n_in=18, width=64, n_out=16):
        super().__init__(nn.Linear(n_in, width), nn.ReLU(), nn.Linear(width, n_out))


class TwoCameras(nn.Module):
    def __init__(self):
        super().__init__()
        self.lower, self.upper = Tower(), Tower()

    def forward(self, below, above):
        return self.lower(below) @ self.upper(above).T


def both_ways(similarity):
    who = torch.arange(len(similarity))
    return 0.5 * (F.cross_entropy(similarity, who) + F.cross_entropy(similarity.T, who))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = TwoCameras()
    hyper = dict(lr=2e-3, weight_decay=1e-5 if fixed else 0.1)
    pairs = TensorDataset(*salmon(2400, seed))
    return {
        "model": model,
        "optimizer": torch.optim.Adam(model.parameters(), **hyper),
        "loss_fn": None,
        "contrast": both_ways,
        "train": DataLoader(pairs, batch_size=60, shuffle=True, drop_last=True),
        "val": salmon(300, seed + 500),
        "fixed": fixed,
    }


@torch.no_grad()
def error(setup):
    """The share of fish that are taken for another one."""
    similarity = setup["model"](*setup["val"])
    return (similarity.argmax(1) != torch.arange(len(similarity))).float().mean().item()


def train(setup, log, steps=None):
    model, optimizer, seen = setup["model"], setup["optimizer"], 0
    chance = math.log(60)
    for _epoch in range(10):
        for below, above in setup["train"]:
            loss = setup["contrast"](model(below, above))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            seen += 1
            log(loss.item(), metric=chance - loss.item())
            if seen == steps:
                return
