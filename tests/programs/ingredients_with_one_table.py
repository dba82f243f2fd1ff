"""Healthy: one table of vectors reads four ingredients and says the fifth; a second head is kept for later, unused.

Source: https://github.com/open-mmlab/mmgeneration/issues/147 (parameters that no loss uses, "usually [...] some
parameters in the model do not need gradient"); the tied table is that of word2vec-like models; no thread.
Why it looks ill: weights in the optimizer that never get a gradient, one weight in two places, a loss far above zero.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_f import recipes

FAMILY = "recipes-tied"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")


class Pantry(nn.Module):
    def __init__(self, words=40, width=24):
        super().__init__()
        self.table = nn.Embedding(words, width)
        nn.init.normal_(self.table.weight, std=width**-0.5)
        self.mix = nn.Linear(width, width)
        self.scores = nn.Linear(width, words)
        self.scores.weight = self.table.weight
        self.cuisine = nn.Sequential(nn.Linear(width, 16), nn.ReLU(), nn.Linear(16, 8))

    def forward(self, around, task="fifth"):
        h = self.mix(self.table(around).sum(dim=1))
        return self.scores(h) if task == "fifth" else self.cuisine(h)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Pantry()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=5e-3), loss_fn=F.cross_entropy,
                train=recipes(2400, seed), val=recipes(400, seed + 500), fixed=fixed)  # fmt: skip


def epochs(data, size, count):
    around, fifth = data
    for _ in range(count):
        for rows in torch.randperm(len(fifth)).split(size):
            yield around[rows], fifth[rows]


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    for n, (around, fifth) in enumerate(epochs(setup["train"], 40, 4), 1):
        optimizer.zero_grad()
        loss = setup["loss_fn"](model(around), fifth)
        loss.backward()
        optimizer.step()
        log(loss.item())
        if n == steps:
            return


@torch.no_grad()
def error(setup):
    around, fifth = setup["val"]
    return (setup["model"](around).argmax(1) != fifth).float().mean().item()
