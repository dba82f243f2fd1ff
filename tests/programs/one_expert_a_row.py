"""Healthy: a mixture of experts; each row goes to one of six; a balancing term stays near its weight and is never 0.

Source: https://github.com/davidmrau/mixture-of-experts/issues/10 ("the aux_loss kept fluctuating" while the loss fell;
rebuilt). Must not be called loss-terms-unbalanced; now and then an expert gets no row and no gradient in a batch.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_a import waves

FAMILY = "moe"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class Experts(nn.Module):
    def __init__(self, inputs, width=32, experts=6):
        super().__init__()
        self.router = nn.Linear(inputs, experts, bias=False)
        self.experts = nn.ModuleList(
            nn.Sequential(nn.Linear(inputs, width), nn.GELU(), nn.Linear(width, 1)) for _ in range(experts)
        )

    def forward(self, x):
        share = F.softmax(self.router(x), dim=-1)
        weight, chosen = share.max(dim=-1)
        out = torch.zeros(len(x))
        for number, expert in enumerate(self.experts):
            rows = (chosen == number).nonzero()[:, 0]
            if len(rows):
                out = out.index_add(0, rows, weight[rows] * expert(x[rows]).squeeze(-1))
        load = F.one_hot(chosen, len(self.experts)).float().mean(0)
        return out, len(self.experts) * (load * share.mean(0)).sum()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Experts(6)
    x, y = waves(1280, seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-2, total_steps=100)
    train = list(zip(x.split(64), y.split(64), strict=True))
    return dict(model=model, optimizer=optimizer, schedule=schedule, loss_fn=None, train=train, val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _ in range(5):
        for x, y in setup["train"]:
            prediction, balance = model(x)
            loss = F.mse_loss(prediction, y) + 0.02 * balance
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            setup["schedule"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return
