"""Bug: the betas of Adam are given as 1 - beta, as an older library wants them.

Source: https://github.com/mila-iqia/blocks/issues/1159 ("Adam moment parameterization is backwards ... I spent way
too much time trying to figure out why things were breaking"; rebuilt the other way round).
Why it hurts: with 0.1 and 0.001 each step is the sign of the last gradient, times the learning rate, however small it
is.
"""

import torch
from torch import nn

from programs.data_b import padded, reviews

FAMILY = "reviews-attention"
ACCEPT = ("adam-betas", "lr-too-high")
SYMPTOMS = ("oscillating", "plateau")


class Attentive(nn.Module):
    def __init__(self, classes, dim=32):
        super().__init__()
        self.words = nn.Embedding(62, dim, padding_idx=0)
        self.query = nn.Linear(dim, 1)
        self.body = nn.Sequential(nn.Linear(dim, dim), nn.GELU(), nn.Linear(dim, dim), nn.GELU())
        self.out = nn.Linear(dim, classes)

    def forward(self, ids):
        x = self.words(ids)
        weight = self.query(x).masked_fill((ids == 0)[:, :, None], -1e9).softmax(1)
        return self.out(self.body((weight * x).sum(1)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    texts, labels = reviews(3200, seed, classes=6)
    ids = padded(texts, 24)
    model = Attentive(6)
    optimizer = torch.optim.Adam(model.parameters(), lr=1.5e-2, betas=(0.9, 0.999) if fixed else (0.1, 0.001))
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), val=None, fixed=fixed,
                train=list(zip(ids.split(16), labels.split(16), strict=True)))  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    for n, (ids, labels) in enumerate(setup["train"], start=1):
        optimizer.zero_grad()
        loss = setup["loss_fn"](model(ids), labels)
        loss.backward()
        optimizer.step()
        log(loss.item())
        if n == steps:
            return
