"""Bug: a loop of one's own with closures; the line that clears the gradients stands only in the branch for validation.

Source: https://github.com/FreedomIntelligence/TextClassificationBenchmark/issues/20 ("why donot use
optimizer.zero_grad in each training step?"); https://github.com/LoreGoetschalckx/GANalyze/issues/7 (rebuilt).
Why it hurts: each step follows the sum of all gradients since the last validation.
"""

import torch
from torch import nn

from programs.data_k import stars

FAMILY = "stars-manual"
ACCEPT = ("missing-zero-grad",)
SYMPTOMS = ("oscillating", "diverging", "spiking", "plateau", "slow", "high-flat")


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(6, 40), nn.ReLU(), nn.Linear(40, 40), nn.ReLU(), nn.Linear(40, 5))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=stars(1600, seed),
                val=stars(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, loss_fn = setup["model"], setup["optimizer"], setup["loss_fn"]
    xs, ys = setup["train"]
    xv, yv = setup["val"]

    def closure(rows, learn):
        out = model(xs[rows] if learn else xv)
        value = loss_fn(out, ys[rows] if learn else yv)
        if learn:
            if setup["fixed"]:
                optimizer.zero_grad()
            value.backward()
            optimizer.step()
        else:
            optimizer.zero_grad()
        return value.item()

    for step in range(300):
        rows = torch.randint(len(xs), (64,))
        value = closure(rows, learn=True)
        if step % 100 == 99:
            log(value, val_loss=closure(None, learn=False))
        else:
            log(value)
        if step + 1 == steps:
            return


@torch.no_grad()
def error(setup):
    xv, yv = setup["val"]
    return setup["loss_fn"](setup["model"](xv), yv).item()
