"""Bug: BCEWithLogitsLoss(reduction="sum") with batches of 100 and a rate of SGD that suits a mean.

Source: https://github.com/jax-ml/jax/pull/3113 ("without accounting for the number of samples [...] lead to exploding
gradients for larger batches"); https://github.com/utcsilab/deepinpy/issues/13 (rebuilt).
Why it hurts: each step is a hundred times as long as was meant.
"""

import torch
from torch import nn

from programs.data_i import hearts

FAMILY = "hearts-mlp"
ACCEPT = ("sum-reduction", "lr-too-high")
SYMPTOMS = ("oscillating", "diverging", "spiking", "plateau", "high-flat", "slow", "non-finite")


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(10, 50), nn.ReLU(), nn.Linear(50, 50), nn.ReLU(), nn.Linear(50, 1), nn.Flatten(0))
    settings = {"lr": 0.1, "batch": 100, "epochs": 15, "reduction": "mean" if fixed else "sum"}
    return dict(model=model, optimizer=torch.optim.SGD(model.parameters(), lr=settings["lr"]),
                loss_fn=nn.BCEWithLogitsLoss(reduction=settings["reduction"]), train=hearts(2000, seed), val=None,
                settings=settings, test=hearts(800, seed + 500), fixed=fixed)  # fmt: skip


def minibatches(x, y, size):
    """In a new order each time."""
    order = torch.randperm(len(x))
    for start in range(0, len(x), size):
        rows = order[start : start + size]
        yield x[rows], y[rows]


def train(setup, log, steps=None):
    model, optimizer, settings, t = setup["model"], setup["optimizer"], setup["settings"], 0
    for _ in range(settings["epochs"]):
        for xb, yb in minibatches(*setup["train"], settings["batch"]):
            out = model(xb)
            loss = setup["loss_fn"](out, yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            t += 1
            log(loss.item())
            if t == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["test"]
    return nn.functional.binary_cross_entropy_with_logits(setup["model"](x), y).item()
