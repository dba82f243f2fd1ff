"""Healthy: a linear warm-up; at first the loss lies flat at ln 5, then it falls.

Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LinearLR.html (no thread). Nothing to
mend: the rate begins at a thousandth on purpose.
"""

import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import fabrics

FAMILY = "fabrics-warmup"
ACCEPT = ()
SYMPTOMS = ("healthy",)
WARMUP, TOTAL = 120, 320


def stage(n_in, n_out):
    return [nn.Conv2d(n_in, n_out, 3, padding=1), nn.GroupNorm(4, n_out), nn.GELU(), nn.MaxPool2d(2)]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(*stage(3, 12), *stage(12, 24), nn.Flatten(), nn.Linear(24 * 16, 5))
    nn.init.zeros_(model[-1].weight)
    opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    warmup = LinearLR(opt, start_factor=1e-3, total_iters=WARMUP)
    schedule = SequentialLR(opt, [warmup, CosineAnnealingLR(opt, TOTAL - WARMUP)], milestones=[WARMUP])
    setup = dict(model=model, optimizer=opt, schedule=schedule, loss_fn=nn.CrossEntropyLoss(), val=None, fixed=fixed)
    return setup | dict(train=DataLoader(TensorDataset(*fabrics(1024, seed)), batch_size=32, shuffle=True))


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    while n < TOTAL:
        for x, y in setup["train"]:
            opt.zero_grad(set_to_none=True)
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            opt.step()
            setup["schedule"].step()
            n += 1
            log(loss)
            if n in (steps, TOTAL):
                return
