"""Bug: the class MLP finds its last layer one too late (is_last is never true): a ReLU stands behind the output.

Source: https://github.com/lucidrains/tab-transformer-pytorch/issues/9 (an activation "to the last (i.e. output)
layer"; rebuilt).
Why it hurts: the targets are standardised, half of them below zero; these cannot be said.
"""

from itertools import pairwise

import torch
from torch import nn

from programs.data_r import musts

FAMILY = "vineyard-must"
ACCEPT = ("output-activation-mismatch",)
SYMPTOMS = ("plateau", "high-flat")


class MLP(nn.Module):
    def __init__(self, dims, act, last):
        super().__init__()
        layers = []
        for ind, (dim_in, dim_out) in enumerate(pairwise(dims)):
            is_last = ind >= (len(dims) - last)
            layers.append(nn.Linear(dim_in, dim_out))
            if is_last:
                continue
            layers.append(act)
        self.mlp = nn.Sequential(*layers)

    def forward(self, x):
        return self.mlp(x)


def batches(x, y, size):
    """Rows in a new order, so many at a time."""
    for ids in torch.randperm(len(x)).split(size):
        yield x[ids], y[ids]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = MLP([8, 64, 64, 3], nn.ReLU(), last=2 if fixed else 1)
    opt = torch.optim.Adam(model.parameters(), lr=3e-3)
    return dict(model=model, optimizer=opt, loss_fn=nn.SmoothL1Loss(), train=musts(1600, seed),
                scheduler=torch.optim.lr_scheduler.StepLR(opt, step_size=4, gamma=0.5),
                val=musts(400, seed + 500), fixed=fixed)  # fmt: skip


def error(setup):
    x, y = setup["val"]
    with torch.no_grad():
        return nn.functional.mse_loss(setup["model"](x), y).item()


def train(setup, log, steps=None):
    it = 0
    for _epoch in range(10):
        for x, y in batches(*setup["train"], size=50):
            loss = setup["loss_fn"](setup["model"](x), y)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            it += 1
            log(loss.item())
            if it == steps:
                return
        setup["scheduler"].step()
