"""Bug: a check of the validation comes before the training and sets eval(); nothing sets train() again.

Source: https://github.com/fartashf/vsepp/issues/4 ("will run the validation and call model.val_start() to stop the
batch_norm [...] However, it will not call model.train_start()"; rebuilt). Why it hurts: the BatchNorm at the entrance,
which was to bring eight raw columns to one scale, works with mean 0 and variance 1, and lets them in as they are.
"""

import torch
from torch import nn

from programs.data_q import wells

FAMILY = "tracer-wells"
ACCEPT = ("train-eval-mode", "unscaled-inputs")
SYMPTOMS = ("plateau", "oscillating", "spiking", "slow", "high-flat")


def make_net(columns=8, classes=4):
    return nn.Sequential(
        nn.BatchNorm1d(columns),
        nn.Linear(columns, 48),
        nn.BatchNorm1d(48),
        nn.ReLU(),
        nn.Linear(48, 48),
        nn.BatchNorm1d(48),
        nn.ReLU(),
        nn.Linear(48, classes),
    )


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = make_net()
    x, y = wells(2000, seed)
    return {"model": net, "optimizer": torch.optim.Adam(net.parameters(), lr=3e-3), "loss_fn": nn.CrossEntropyLoss(),
            "train": (x, y), "val": wells(500, seed + 500),
            "fixed": fixed}  # fmt: skip


def evaluate(net, pair, criterion):
    net.eval()
    with torch.no_grad():
        return criterion(net(pair[0]), pair[1]).item()


def train_one_epoch(setup, batches, log, budget):
    net, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    if setup["fixed"]:
        net.train()
    for rows in batches[:budget]:
        optimizer.zero_grad()
        loss = criterion(net(setup["train"][0][rows]), setup["train"][1][rows])
        loss.backward()
        optimizer.step()
        log(loss.item())
    return len(batches[:budget])


def train(setup, log, steps=None):
    evaluate(setup["model"], setup["val"], setup["loss_fn"])  # sanity check: does the validation run at all?
    left = steps or 10**9
    for _epoch in range(8):
        batches = torch.randperm(2000).split(50)
        left -= train_one_epoch(setup, batches, log, left)
        if left <= 0:
            return
        evaluate(setup["model"], setup["val"], setup["loss_fn"])


def error(setup):
    return evaluate(setup["model"], setup["val"], setup["loss_fn"])
