"""Healthy: a third of the labels is wrong; two nets each pick the rows of small loss for the other to learn from.

Source: Han et al. 2018, https://arxiv.org/abs/1804.06872 (co-teaching, rebuilt on soils).
Why it looks ill: two nets and two optimizers, a part of each batch thrown away; the loss falls as fewer rows are kept.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_j import soils

FAMILY = "soil-mlp"
ACCEPT = ()
SYMPTOMS = ("healthy", "slow", "plateau")


def make_net():
    return nn.Sequential(nn.Linear(7, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 8))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    one, two = make_net(), make_net()
    x, y = soils(1500, seed)
    g = torch.Generator().manual_seed(seed)
    wrong = torch.rand(len(y), generator=g) < 0.33
    noisy = torch.where(wrong, torch.randint(8, y.shape, generator=g), y)
    optimizers = [torch.optim.Adam(net.parameters(), lr=2e-3) for net in (one, two)]
    return dict(model=nn.ModuleList([one, two]), optimizer=optimizers, loss_fn=F.cross_entropy, train=(x, noisy),
                val=None, test=soils(400, seed + 500), generator=g, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    (one, two), (opt_one, opt_two) = setup["model"], setup["optimizer"]
    x, y = setup["train"]
    done = 0
    for epoch in range(12):
        kept = 1 - 0.33 * min(epoch / 4, 1.0)
        for rows in torch.randperm(len(y), generator=setup["generator"]).split(60):
            few = int(kept * len(rows))
            out_one, out_two = one(x[rows]), two(x[rows])
            easy_one = F.cross_entropy(out_one, y[rows], reduction="none").argsort()[:few]
            easy_two = F.cross_entropy(out_two, y[rows], reduction="none").argsort()[:few]
            loss_one = setup["loss_fn"](out_one[easy_two], y[rows][easy_two])
            loss_two = setup["loss_fn"](out_two[easy_one], y[rows][easy_one])
            for loss, opt in ((loss_one, opt_one), (loss_two, opt_two)):
                opt.zero_grad()
                loss.backward()
                opt.step()
            log((loss_one + loss_two).item() / 2)
            done += 1
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["test"]
    return (sum(net(x).softmax(1) for net in setup["model"]).argmax(1) != y).float().mean().item()
