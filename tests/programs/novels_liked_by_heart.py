"""Bug: sixty-four factors for each reader and each novel, few ratings, no penalty, many epochs.

Source: https://github.com/tensorflow/recommenders/issues/252 ("The loss is decreasing. However, the val_loss is
increasing from the beginning [...] Why is it overfitting from the beginning?"; rebuilt).
Why it hurts: there are more factors than ratings; they learn the chance in them by heart.
"""

import torch
from torch import nn

from programs.data_h import library

FAMILY = "novels-factors"
ACCEPT = ("overfitting",)
SYMPTOMS = ("overfitting", "healthy", "too-good")


class BiasedFactors(nn.Module):
    def __init__(self, readers=60, novels=50, k=64):
        super().__init__()
        self.reader, self.novel = nn.Embedding(readers, k), nn.Embedding(novels, k)
        self.reader_bias, self.novel_bias = nn.Embedding(readers, 1), nn.Embedding(novels, 1)
        for table in (self.reader, self.novel):
            nn.init.normal_(table.weight, std=0.2)
        for bias in (self.reader_bias, self.novel_bias):
            nn.init.zeros_(bias.weight)

    def forward(self, pairs):
        r, n = pairs[:, 0], pairs[:, 1]
        return (self.reader(r) * self.novel(n)).sum(1) + self.reader_bias(r)[:, 0] + self.novel_bias(n)[:, 0]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = BiasedFactors()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2, weight_decay=5e-3 if fixed else 0.0)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.MSELoss(), train=library(1500, seed),
                val=library(400, seed + 500), history=[], fixed=fixed)  # fmt: skip


@torch.no_grad()
def evaluate(model, loss_fn, data):
    model.eval()
    pairs, liked = data
    found = loss_fn(model(pairs), liked).item()
    model.train()
    return found


def train(setup, log, steps=None):
    model, optimizer, loss_fn, n = setup["model"], setup["optimizer"], setup["loss_fn"], 0
    pairs, liked = setup["train"]
    for _epoch in range(18):
        for rows in torch.randperm(len(pairs)).split(50):
            loss = loss_fn(model(pairs[rows]), liked[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
        setup["history"].append(evaluate(model, loss_fn, setup["val"]))


def error(setup):
    return evaluate(setup["model"], setup["loss_fn"], setup["val"])
