"""Bug: an ArcFace head and its net are trained by SGD with the rate of the last epochs of somebody's long run.

Source: https://github.com/deepinsight/insightface/issues/1475 ("my learning rate is (0.000001) [...] looks like stable
and does not change"; rebuilt).
Why it hurts: after four hundred steps the weights are nearly where they began.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_h import wings

FAMILY = "wings-arcface"
ACCEPT = ("lr-too-low",)
SYMPTOMS = ("high-flat", "slow")


class ArcMargin(nn.Module):
    def __init__(self, features, kinds, s=12.0, m=0.2):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(kinds, features))
        nn.init.xavier_uniform_(self.weight)
        self.s, self.m = s, m

    def forward(self, embedded, label=None):
        cosine = F.linear(F.normalize(embedded), F.normalize(self.weight))
        if label is None:
            return cosine
        sine = (1.0 - cosine.square()).clamp(1e-6, 1).sqrt()
        moved = cosine * math.cos(self.m) - sine * math.sin(self.m)
        one_hot = F.one_hot(label, cosine.shape[1]).bool()
        return self.s * torch.where(one_hot, moved, cosine)


class Config:
    epochs, batch, momentum, decay = 8, 50, 0.9, 5e-4
    lr = 1e-5


def build(seed, fixed=False):
    torch.manual_seed(seed)
    cfg = Config()
    if fixed:
        cfg.lr = 0.02
    backbone = nn.Sequential(nn.Linear(24, 64), nn.BatchNorm1d(64), nn.PReLU(), nn.Linear(64, 32), nn.BatchNorm1d(32))
    margin = ArcMargin(32, 20)
    both = nn.ModuleDict({"backbone": backbone, "margin": margin})
    optimizer = torch.optim.SGD([{"params": backbone.parameters(), "weight_decay": cfg.decay},
                                 {"params": margin.parameters(), "weight_decay": cfg.decay}],
                                lr=cfg.lr, momentum=cfg.momentum)  # fmt: skip
    return dict(model=both, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=wings(2500, seed), val=None,
                test=wings(600, seed + 500), cfg=cfg, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    both, optimizer, cfg, n = setup["model"], setup["optimizer"], setup["cfg"], 0
    x, y = setup["train"]
    both.train()
    for _ in range(cfg.epochs):
        for rows in torch.randperm(len(x)).split(cfg.batch):
            embedded = both["backbone"](x[rows])
            loss = setup["loss_fn"](both["margin"](embedded, y[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    both, (x, y) = setup["model"].eval(), setup["test"]
    return (both["margin"](both["backbone"](x)).argmax(1) != y).float().mean().item()
