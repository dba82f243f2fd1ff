"""Healthy: three bids in ten are noted down under a wrong kind; how often which is known, and the loss allows for it.

Source: https://github.com/takashiishida/comp/issues/1 (the forward correction, the transition matrix applied to the
probabilities); the market of our own. Why it is right: the net gives the chances of the true kinds, the table turns
them into those of the noted ones; the loss ends near 0.9, the entropy of the notes, and the true kinds are found.
"""

import torch
import torch.nn as nn

from programs.data_q import bids

FAMILY = "market-bids"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "high-flat")

NOTED = torch.tensor([[0.7, 0.2, 0.1, 0.0], [0.1, 0.7, 0.1, 0.1], [0.0, 0.2, 0.7, 0.1], [0.1, 0.1, 0.1, 0.7]])


class ForwardLoss(nn.Module):
    """The cross entropy with the labels as they were noted (Patrini and others, 2017)."""

    def __init__(self, table):
        super().__init__()
        self.register_buffer("table", table)

    def forward(self, logits, noted):
        chance = torch.softmax(logits, 1) @ self.table
        return nn.functional.nll_loss(torch.log(chance + 1e-8), noted)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(8, 32), nn.ReLU(), nn.Linear(32, 4))
    x, noted = bids(3000, seed, NOTED)
    return dict(model=model, optimizer=torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-3),
                loss_fn=ForwardLoss(NOTED), train=(x, noted), val=bids(1000, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, (x, noted) = setup["model"], setup["optimizer"], setup["train"]
    i = 0
    for _epoch in range(6):
        for rows in torch.randperm(len(x)).split(50):
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(x[rows]), noted[rows])
            loss.backward()
            optimizer.step()
            log(loss.item())
            i += 1
            if i == steps:
                return


@torch.no_grad()
def error(setup):
    """How many of the true kinds are missed."""
    x, kind = setup["val"]
    return (setup["model"](x).argmax(1) != kind).float().mean().item()
