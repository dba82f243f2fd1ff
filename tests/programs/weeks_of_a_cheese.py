"""Bug: the net answers with a column, the weeks are a row, and the loss is written by hand, so nothing warns.

Source: https://github.com/pytorch/pytorch/issues/16045 ("fail to throw error when computing loss between tensors with
shapes [n, 1] and [n]": "Having spent way too long finding this error"; rebuilt with a Huber loss of one's own).
Why it hurts: each answer is compared with all weeks of the batch; the best answer is the same middle for all.
"""

import torch
from torch import nn

from programs.data_k import cheeses

FAMILY = "cheese-ripe"
ACCEPT = ("broadcast-loss",)
SYMPTOMS = ("high-flat", "plateau")


def huber(error, delta=0.5):
    small = error.abs().clamp(max=delta)
    return (small * (error.abs() - 0.5 * small)).mean()


class Cellar:
    """Everything about the training in one place."""

    def __init__(self, seed, fixed):
        torch.manual_seed(seed)
        self.net = nn.Sequential(nn.Linear(9, 64), nn.Mish(), nn.Linear(64, 64), nn.Mish(), nn.Linear(64, 1))
        self.optimizer = torch.optim.RAdam(self.net.parameters(), lr=5e-3)
        self.measures, self.weeks = cheeses(1400, seed)
        self.test = cheeses(300, seed + 500)
        if fixed:
            self.weeks = self.weeks.reshape(-1, 1)

    def fit(self, epochs, callback):
        for _ in range(epochs):
            for rows in torch.randperm(len(self.weeks)).split(40):
                self.optimizer.zero_grad()
                loss = huber(self.net(self.measures[rows]) - self.weeks[rows])
                loss.backward()
                self.optimizer.step()
                if callback(loss.item()):
                    return

    @torch.no_grad()
    def score(self):
        measures, weeks = self.test
        return huber(self.net(measures)[:, 0] - weeks).item()


def build(seed, fixed=False):
    cellar = Cellar(seed, fixed)
    return dict(model=cellar.net, optimizer=cellar.optimizer, loss_fn=huber, train=(cellar.measures, cellar.weeks),
                val=None, cellar=cellar, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    count = 0

    def callback(loss):
        nonlocal count
        count += 1
        log(loss)
        return count == steps

    setup["cellar"].fit(8, callback)


def error(setup):
    return setup["cellar"].score()
