"""Healthy: a factorization learns from one wish at a time; its tables have sparse gradients.

Source: https://github.com/pytorch/pytorch/issues/18404 (sparse=True and SparseAdam, so that rows that are not read do
not move). Why it looks ill: the loss of one example jumps from step to step; all rows but two have no gradient.
"""

import torch
from torch import nn

from programs.data_f import wishes

FAMILY = "wishes-sparse"
ACCEPT = ()
SYMPTOMS = ("healthy", "spiking", "oscillating", "slow", "plateau")


class Factors(nn.Module):
    def __init__(self, people=14, things=12, rank=2):
        super().__init__()
        self.people, self.things = (nn.Embedding(count, rank, sparse=True) for count in (people, things))
        for table in (self.people, self.things):
            nn.init.normal_(table.weight, std=0.4)

    def forward(self, pair):
        return torch.dot(self.people(pair[0]), self.things(pair[1]))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Factors()
    return dict(model=model, optimizer=torch.optim.SparseAdam(model.parameters(), lr=0.05), loss_fn=nn.MSELoss(),
                train=list(zip(*wishes(400, seed), strict=True)), val=wishes(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    for n, (pair, liked) in enumerate(setup["train"], 1):
        optimizer.zero_grad()
        loss = setup["loss_fn"](model(pair), liked)
        loss.backward()
        optimizer.step()
        log(loss.item())
        if n == steps:
            break


@torch.no_grad()
def error(setup):
    pairs, liked = setup["val"]
    people, things = setup["model"].people(pairs[:, 0]), setup["model"].things(pairs[:, 1])
    return float(((people * things).sum(1) - liked).square().mean())
