"""Bug: SGD with a weight decay of 0.5, where 5e-4 was meant.

Source: https://github.com/JulianKlug/PerfusionCT-Net/issues/34 (decay up to "a level to which the model doesn't learn
anymore"; rebuilt). Why it hurts: in each step the weights shrink by a twentieth; what
is left of them cannot tell the leathers apart.
"""

from itertools import pairwise
from types import SimpleNamespace

import torch
from torch import nn

from programs.data_o import kinds

FAMILY = "saddles-kinds"
ACCEPT = ("weight-decay-too-strong",)
SYMPTOMS = ("plateau", "high-flat", "slow")

cfg = SimpleNamespace(lr=0.1, momentum=0.5, weight_decay=0.5, hidden=(32, 24), batch=32, epochs=8, classes=6)


def mlp(sizes):
    for a, b in pairwise(sizes[:-1]):
        yield nn.Linear(a, b)
        yield nn.LeakyReLU(0.1)
    yield nn.Linear(sizes[-2], sizes[-1])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(*mlp((10, *cfg.hidden, cfg.classes)))
    decay = 5e-4 if fixed else cfg.weight_decay
    opt = torch.optim.SGD(model.parameters(), cfg.lr, momentum=cfg.momentum, weight_decay=decay)
    return dict(model=model, optimizer=opt, loss_fn=nn.CrossEntropyLoss(), train=kinds(1600, seed, 10, many=6),
                val=kinds(400, seed + 500, 10, many=6), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, opt, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    x, y = setup["train"]
    total = 0
    for _ in range(cfg.epochs):
        for rows in torch.randperm(len(x)).split(cfg.batch):
            loss = criterion(model(x[rows]), y[rows])
            opt.zero_grad(set_to_none=True)
            loss.backward()
            opt.step()
            total += 1
            log(loss.item(), **({"val_loss": error(setup)} if total % 50 == 0 else {}))
            if total == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
