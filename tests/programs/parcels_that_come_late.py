"""Bug: among the columns is the refund paid for lateness, which is only known afterwards (and is 0 before).

Source: of our own (a column of a data base that is filled in later). Why it hurts: the net reads the delay from the
refund and learns little from the rest; for new parcels the column is empty.
"""

import torch
from torch import nn

from programs.data_o import measured

FAMILY = "lateness-mlp"
ACCEPT = ("target-leak",)
SYMPTOMS = ("too-good", "overfitting", "healthy")


def table(n, seed, history):
    x, delay = measured(n, seed, 15, noise=0.25)
    refund = 1.5 * delay + 0.02 * torch.randn(n, generator=torch.Generator().manual_seed(seed))
    return torch.cat([x, (refund if history else torch.zeros(n))[:, None]], 1), delay


def build(seed, fixed=False):
    torch.manual_seed(seed)
    columns = list(range(8)) if fixed else list(range(9))
    (x, y), (new, late) = table(1600, seed, history=True), table(400, seed + 500, history=False)
    model = nn.Sequential(nn.Linear(len(columns), 48), nn.ReLU(), nn.Linear(48, 1), nn.Flatten(0))
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=6e-3), loss_fn=nn.MSELoss(),
                train=(x[:, columns], y), val=(new[:, columns], late), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x, y = setup["train"]
    net, opt, mse = setup["model"], setup["optimizer"], setup["loss_fn"]
    i = 0
    for _epoch in range(10):
        for part in torch.randperm(len(x)).split(40):
            opt.zero_grad()
            loss = mse(net(x[part]), y[part])
            loss.backward()
            opt.step()
            i += 1
            log(loss.item(), **({"val_loss": error(setup)} if i % 40 == 0 else {}))
            if i == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
