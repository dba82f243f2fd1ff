"""Healthy: a cosine schedule with warm restarts; the loss jumps up at each restart and comes down lower.

Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.html (no
thread). Nothing to mend: the jumps stand where the rate is set back to its start.
"""

import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import digits

FAMILY = "digits-restarts"
ACCEPT = ()
SYMPTOMS = ("healthy", "spiking")


def build(seed, fixed=False):
    torch.manual_seed(seed)
    conv = [nn.Conv2d(1, 10, 5, stride=2), nn.ReLU(), nn.Conv2d(10, 20, 3, stride=2), nn.ReLU(), nn.Flatten()]
    model = nn.Sequential(*conv, nn.Linear(500, 10))
    opt = torch.optim.SGD(model.parameters(), lr=0.15, momentum=0.9)
    setup = dict(model=model, optimizer=opt, scheduler=CosineAnnealingWarmRestarts(opt, T_0=60, T_mult=2))
    setup["train"] = DataLoader(TensorDataset(*digits(2400, seed)), batch_size=40, shuffle=True)
    return setup | {"loss_fn": nn.CrossEntropyLoss(), "val": None, "fixed": fixed}


def train(setup, log, steps=None):
    model, opt, scheduler, loss_fn = (setup[k] for k in ("model", "optimizer", "scheduler", "loss_fn"))
    i = 0
    for _epoch in range(6):
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 2.0)
            opt.step()
            scheduler.step()
            i += 1
            log(loss)
            if i == steps:
                return
