"""Bug: the layers are made in a loop, each with its ReLU, the last one too; the targets are standardised.

Source: https://math.techqa.club/are-relu-a-very-bad-choice-as-last-layer-for-regression-4483706 (rebuilt).
Why it hurts: no crew slower than the mean boat can be foretold, and where the sum is below 0 there is no gradient.
"""

from itertools import pairwise

import torch
from torch import nn, optim

from programs.data_p import rowers

FAMILY = "rowers-regression"
ACCEPT = ("output-activation-mismatch", "dead-relu")
SYMPTOMS = ("plateau", "high-flat")


def mlp(sizes, activate_last):
    layers = []
    for a, b in pairwise(sizes):
        layers += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*(layers if activate_last else layers[:-1]))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = mlp([8, 64, 64, 1], activate_last=not fixed)
    optimizer = optim.Adam(model.parameters(), lr=2e-3)
    x, y = rowers(3000, seed)
    xv, yv = rowers(600, seed + 500)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.MSELoss(), train=(x, y[:, None]), val=(xv, yv[:, None]),
                scheduler=optim.lr_scheduler.CosineAnnealingLR(optimizer, 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=500):
    x, y = setup["train"]
    steps = steps or 500
    for _ in range(steps):
        crew = torch.randint(len(x), (64,))
        setup["optimizer"].zero_grad()
        loss = setup["loss_fn"](setup["model"](x[crew]), y[crew])
        loss.backward()
        setup["optimizer"].step()
        setup["scheduler"].step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return nn.functional.mse_loss(setup["model"](x), y).item()
