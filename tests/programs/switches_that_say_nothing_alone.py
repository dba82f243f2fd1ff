"""Healthy: a lamp is lit by an odd number of four switches; the loss stays at chance for a while, and then it drops.

Source: https://github.com/state-spaces/mamba/issues/61 (a plateau and then a rapid fall: is this expected?; rebuilt
with another task). Nothing to mend: one switch, two or three say nothing of the lamp, so that nothing is seen until
the net has found all four among the sixteen.
"""

from itertools import islice

import torch
from torch import nn

FAMILY = "lamp-switches"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "high-flat", "slow")
SWITCHES = (2, 5, 11, 14)


def rows(seed, size=96):
    """Never the same batch twice."""
    g = torch.Generator().manual_seed(seed)
    while True:
        up = torch.randint(2, (size, 16), generator=g)
        yield 2.0 * up - 1.0, (up[:, SWITCHES].sum(1) % 2).float()


def init(layer):
    if isinstance(layer, nn.Linear):
        nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
        nn.init.zeros_(layer.bias)


class Lamp(nn.Module):
    def __init__(self, width=96):
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(16, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        self.out = nn.Linear(width, 1)
        self.apply(init)

    def forward(self, x):
        return self.out(self.hidden(x)).squeeze(-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Lamp()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.05)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.BCEWithLogitsLoss(), train=None, val=next(rows(seed + 50)),
                seed=seed, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    for x, lit in islice(rows(setup["seed"]), steps or 360):
        loss = setup["loss_fn"](model(x), lit)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    x, lit = setup["val"]
    return ((setup["model"](x) > 0) != (lit > 0)).float().mean()
