"""Bug: the accuracy compares answers of the shape (N, 1) with labels of the shape (N,): a table of all against all.

Source: https://github.com/pytorch/examples/pull/313 (a bug in the calculation of the testing accuracy; here another
one). Why it hurts: the loss falls and the accuracy that is printed stays at one half; the net is given up although it
is good.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import digits

FAMILY = "digits-odd-even"
ACCEPT = ("wrong-metric",)
SYMPTOMS = ("healthy",)


def accuracy(out, y):
    return ((out > 0) == (y > 0)).float().mean().item()


def accuracy_row_by_row(out, y):
    return ((out.squeeze(1) > 0) == (y > 0)).float().mean().item()


def binary_loss(out, y):
    return F.binary_cross_entropy_with_logits(out.squeeze(1), y)


def load(n, seed, train=True):
    x, y = digits(n, seed, train)
    return TensorDataset(x.flatten(1), (y % 2).float())


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 1))
    opt = torch.optim.Adam(model.parameters(), lr=1e-3)
    metric = accuracy_row_by_row if fixed else accuracy
    setup = dict(model=model, optimizer=opt, loss_fn=binary_loss, metric=metric, fixed=fixed)
    setup["train"] = DataLoader(load(2000, seed), batch_size=40, shuffle=True)
    return setup | {"val": DataLoader(load(500, seed, train=False), batch_size=250)}


@torch.no_grad()
def evaluate(setup):
    setup["model"].eval()
    scores = [setup["metric"](setup["model"](x), y) for x, y in setup["val"]]
    setup["model"].train()
    return sum(scores) / len(scores)


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    setup["accuracies"] = []
    for _epoch in range(5):
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return
        setup["accuracies"].append(evaluate(setup))


def error(setup):
    """What the user sees: one minus the accuracy that is printed."""
    return 1 - evaluate(setup)
