"""Healthy: two tasks whose weights are learned as uncertainties; the loss falls below 0.

Source: https://github.com/yaringal/multi-task-learning-example (the method; no thread). Nothing to mend: the
logarithms of the uncertainties are part of the loss, and they become negative.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import houses

FAMILY = "houses-two-tasks"
ACCEPT = ()
SYMPTOMS = ("healthy",)


def load(n, seed):
    x, price = houses(n, seed)
    x = (x - x.mean(0)) / x.std(0)
    y = price.log()
    y = (y - y.mean()) / y.std()
    return TensorDataset(x[:, 1:], y, x[:, 0])  # the area is the second thing to be found


class TwoTasks(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU())
        self.heads = nn.ModuleList([nn.Linear(32, 1), nn.Linear(32, 1)])

    def forward(self, x):
        h = self.trunk(x)
        return [head(h).squeeze(1) for head in self.heads]


class UncertaintyLoss(nn.Module):
    def __init__(self, tasks=2):
        super().__init__()
        self.log_variance = nn.Parameter(torch.zeros(tasks))

    def forward(self, predictions, targets):
        each = torch.stack([(p - t).pow(2).mean() for p, t in zip(predictions, targets, strict=True)])
        return 0.5 * (torch.exp(-self.log_variance) * each + self.log_variance).sum()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model, criterion = TwoTasks(), UncertaintyLoss()
    opt = torch.optim.Adam([*model.parameters(), *criterion.parameters()], lr=4e-3)
    setup = dict(model=model, criterion=criterion, optimizer=opt, loss_fn=criterion, val=None, fixed=fixed)
    return setup | dict(train=DataLoader(load(1500, seed), batch_size=30, shuffle=True))


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(8):
        for x, *targets in setup["train"]:
            loss = setup["loss_fn"](model(x), targets)
            opt.zero_grad()
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return
