"""Healthy: after the first quarter the squared error stays at 0.65; the scale itself errs by 0.8.

Source: of our own (no thread). Why it is right: 0.64 is the
variance of the scale's errors, and no net can say what nobody can know. Must not be called capacity-too-small,
lr-too-low or noisy-labels.
"""

from itertools import pairwise

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_n import postage

FAMILY = "scales-noise"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")


def layers(*sizes):
    for a, b in pairwise(sizes[:-1]):
        yield nn.Linear(a, b)
        yield nn.SiLU()
    yield nn.Linear(sizes[-2], sizes[-1])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = nn.Sequential(*layers(4, 32, 32, 1), nn.Flatten(0))
    optimizer = torch.optim.Adam(net.parameters(), lr=1.5e-2)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.1, total_iters=400)
    return dict(model=net, optimizer=optimizer, schedule=schedule, loss_fn=nn.MSELoss(),
                train=DataLoader(TensorDataset(*postage(5000, seed)), batch_size=100, shuffle=True),
                val=postage(2000, seed + 500), fixed=fixed)  # fmt: skip


@torch.no_grad()
def error(setup):
    x, grams = setup["val"]
    return setup["loss_fn"](setup["model"](x), grams).item()


def train(setup, log, steps=None):
    done = 0
    for _epoch in range(8):
        for x, grams in setup["train"]:
            loss = setup["loss_fn"](setup["model"](x), grams)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            setup["schedule"].step()
            done += 1
            log(loss.item(), **({"val_loss": error(setup)} if done % 50 == 0 else {}))
            if done == steps:
                return
