"""Bug: among the columns is the tax of the sale, which is reckoned from the price that is to be found.

Source: https://github.com/dotnet/machinelearning/issues/737 (a feature that is the label in disguise; rebuilt). Why
it hurts: the net reads the price off that column; for a house that is not sold yet there is no tax.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import houses

FAMILY = "houses-sales"
ACCEPT = ("target-leak",)
SYMPTOMS = ("too-good", "healthy")


def sales(n, seed):
    """A table of sold houses; the tax is 3.5 % of the price, rounded to hundreds."""
    table, price = houses(n, seed)
    tax = (0.035 * price / 100).round() * 100
    return torch.cat([table, tax.unsqueeze(1)], 1), price.log()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    table, y = sales(1800, seed)
    if fixed:
        table = table[:, :5]
    mean, std = table.mean(0), table.std(0)
    y = (y - y.mean()) / y.std()
    x = (table - mean) / std
    model = nn.Sequential(
        nn.Linear(x.shape[1], 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1), nn.Flatten(0)
    )
    opt = torch.optim.Adam(model.parameters(), lr=3e-3)
    setup = dict(model=model, optimizer=opt, loss_fn=nn.MSELoss(), val=None, fixed=fixed)
    setup["train"] = DataLoader(TensorDataset(x[:1500], y[:1500]), batch_size=30, shuffle=True)
    for_sale = x[1500:].clone()
    for_sale[:, 5:] = 0.0  # nothing is known: the mean
    return setup | {"for_sale": (for_sale, y[1500:])}


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(6):
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["for_sale"]
    return float(setup["loss_fn"](setup["model"](x), y))
