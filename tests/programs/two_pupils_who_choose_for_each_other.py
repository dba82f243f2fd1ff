"""Healthy: co-teaching; three labels of ten are wrong, and each of two nets learns from what the other finds easy.

Source: https://github.com/bhanML/Co-teaching (arXiv 1804.06872; "noise rate" in issues/11; rebuilt).
Why it looks ill: a part of each batch is thrown away, more and more of it, and the logged loss falls for that alone.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_m import herbarium

FAMILY = "coteaching-leaves"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow", "oscillating")

NOISE, RAMP = 0.3, 100


def mislabel(y, seed, families=8):
    g = torch.Generator().manual_seed(seed)
    wrong = torch.rand(len(y), generator=g) < NOISE
    return torch.where(wrong, (y + torch.randint(1, families, y.shape, generator=g)) % families, y)


def pupil():
    return nn.Sequential(nn.Linear(30, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 8))


def co_teaching_loss(one, two, y, keep):
    each_one, each_two = (F.cross_entropy(logits, y, reduction="none") for logits in (one, two))
    count = int(keep * len(y))
    easy_one, easy_two = each_one.argsort()[:count], each_two.argsort()[:count]
    return each_one[easy_two].mean(), each_two[easy_one].mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    pupils = nn.ModuleList([pupil(), pupil()])
    x, y = herbarium(2000, seed)
    return dict(model=pupils, optimizer=torch.optim.Adam(pupils.parameters(), lr=2e-3), loss_fn=None,
                train=(x, mislabel(y, seed)), val=None, test=herbarium(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x, y = setup["train"]
    one, two = setup["model"]
    n = 0
    for _epoch in range(8):
        for rows in torch.randperm(len(x)).split(50):
            keep = 1 - NOISE * min(1.0, n / RAMP)
            loss_one, loss_two = co_teaching_loss(one(x[rows]), two(x[rows]), y[rows], keep)
            setup["optimizer"].zero_grad()
            (loss_one + loss_two).backward()
            setup["optimizer"].step()
            log(loss_one.item())
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["test"]
    return (setup["model"][0](x).argmax(1) != y).float().mean().item()
