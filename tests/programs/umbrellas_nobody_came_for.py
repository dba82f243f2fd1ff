"""Bug: who will fetch a lost umbrella is learnt with the fee among the columns, which only those pay who fetched it.

Source: https://github.com/dotnet/machinelearning/issues/737 ("your logging system only logs the `price` if the item
was sold [...] a learning algorithm can just look at the value"; rebuilt).
Why it hurts: the net looks at that one column; on the day on which the umbrella comes in there is no fee yet.
"""

import torch
from torch import nn

from programs.data_u import umbrellas

FAMILY = "umbrellas-table"
ACCEPT = ("target-leak",)
SYMPTOMS = ("too-good", "healthy")

COLUMNS = ["worth", "wear", "size", "line", "rain", "hour", "weekday", "fee"]


def read(n, seed, today=False):
    x, fee, fetched = umbrellas(n, seed)
    table = {name: x[:, i] for i, name in enumerate(COLUMNS[:-1])}
    table["fee"] = torch.zeros(n) if today else fee
    return table, fetched


def matrix(table, columns):
    return torch.stack([table[name] for name in columns], dim=1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    columns = COLUMNS[:-1] if fixed else COLUMNS
    past, fetched = read(2000, seed)
    today, later = read(500, seed + 500, today=True)
    model = nn.Sequential(
        nn.Linear(len(columns), 48), nn.ReLU(), nn.Linear(48, 24), nn.ReLU(), nn.Linear(24, 1), nn.Flatten(0)
    )
    return dict(
        model=model,
        optimizer=torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-2),
        loss_fn=nn.BCEWithLogitsLoss(),
        train=(matrix(past, columns), fetched),
        val=None,
        today=(matrix(today, columns), later),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    x, y = setup["train"]
    model, optimizer = setup["model"], setup["optimizer"]
    for _i in range(400 if steps is None else steps):
        rows = torch.randint(len(x), (64,))
        loss = setup["loss_fn"](model(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    x, y = setup["today"]
    return ((setup["model"](x) > 0).float() != y).float().mean().item()
