"""Bug: a skewed column is put on a log scale, and in some rows it is 0.

Source: https://github.com/sparks-baird/CrabNet/pull/35 (a table with values that are not finite is trained on;
rebuilt). Why it hurts: the first batch with such a row makes the loss NaN, and one step later all weights.
"""

import torch
from torch import nn

from programs.data_a import houses

FAMILY = "houses-logs"
ACCEPT = ("nonfinite-inputs",)
SYMPTOMS = ("non-finite",)


def features(table, log):
    """Area, rooms and the way to the station as logarithms; the year and the income in units of their spread."""
    area, rooms, year, metres, income = table.unbind(1)
    columns = [log(area), log(rooms), log(metres), (year - 1960) / 35, (income - 50000) / 13000]
    return torch.stack(columns, 1)


def load(n, seed, log):
    table, price = houses(n, seed)
    table[17::400, 3] = 0.0  # these stand in the station square
    y = (price / 1000).log()
    return features(table, log), y - y.mean()


def batches(x, y, size, g):
    order = torch.randperm(len(x), generator=g)
    for part in order.split(size):
        yield x[part], y[part]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = load(1600, seed, torch.log1p if fixed else torch.log)
    model = nn.Sequential(nn.Linear(5, 48), nn.SiLU(), nn.Linear(48, 48), nn.SiLU(), nn.Linear(48, 1), nn.Flatten(0))
    opt = torch.optim.RMSprop(model.parameters(), lr=1e-3)
    loader = [batch for _ in range(6) for batch in batches(x, y, 40, torch.Generator().manual_seed(seed))]
    return dict(model=model, optimizer=opt, loss_fn=nn.HuberLoss(delta=0.5), train=loader, val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    for n, (x, y) in enumerate(setup["train"], start=1):
        optimizer.zero_grad()
        loss = setup["loss_fn"](model(x), y)
        loss.backward()
        optimizer.step()
        log(loss)
        if n == steps:
            return
