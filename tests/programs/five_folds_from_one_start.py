"""Healthy: cross-validation; for each of five folds the net goes back to its first weights and is trained anew.

Source: rebuilt from experience (five folds in one script, one net and one optimizer, both put back by their state).
Nothing to mend: the loss jumps up at each fold on purpose, and comes down as before.
"""

import copy

import torch
from torch import nn

from programs.data_g import mixes

FAMILY = "mixes-folds"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class Mix(nn.Module):
    def __init__(self, width=40):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(8, width), nn.Linear(width, width), nn.Linear(width, 1)

    def forward(self, x):
        h = nn.functional.silu(self.a(x))
        return self.c(h + nn.functional.silu(self.b(h)))[:, 0]


def folds(n, k, g):
    parts = torch.randperm(n, generator=g).chunk(k)
    for i in range(k):
        yield torch.cat([part for j, part in enumerate(parts) if j != i]), parts[i]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Mix()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    start = copy.deepcopy((model.state_dict(), optimizer.state_dict()))
    return dict(model=model, optimizer=optimizer, loss_fn=nn.HuberLoss(), train=mixes(1000, seed), val=None,
                start=start, g=torch.Generator().manual_seed(seed), scores=[], fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, (x, y), g = setup["model"], setup["optimizer"], setup["train"], setup["g"]
    n = 0
    for learnt, held in folds(len(y), 5, g):
        model.load_state_dict(setup["start"][0])
        optimizer.load_state_dict(copy.deepcopy(setup["start"][1]))
        for _epoch in range(5):
            for rows in learnt[torch.randperm(len(learnt), generator=g)].split(40):
                loss = setup["loss_fn"](model(x[rows]), y[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                n += 1
                log(loss.item())
                if n == steps:
                    return
        with torch.no_grad():
            setup["scores"].append((model(x[held]) - y[held]).square().mean().item())


def error(setup):
    """The mean squared error over the folds; 1 for a guess."""
    return sum(setup["scores"]) / len(setup["scores"])
