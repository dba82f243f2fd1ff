"""Bug: a scaler written by hand divides each column by its deviation; one column is the same in every row.

Source: https://github.com/fastai/fastai/issues/889 ("Normalization for tabulardata produces nan for constant columns");
https://github.com/mllam/neural-lam/issues/136 (rebuilt).
Why it hurts: 0 / 0 is NaN; the first batch makes the loss NaN, and the first step all weights.
"""

import torch
from torch import nn

from programs.data_i import tills

FAMILY = "tills-regression"
ACCEPT = ("nonfinite-inputs",)
SYMPTOMS = ("non-finite",)


class StandardScaler:
    def __init__(self, careful=False):
        self.careful = careful

    def fit(self, x):
        self.mean, self.std = x.mean(dim=0), x.std(dim=0)
        if self.careful:
            self.std[self.std == 0] = 1.0
        return self

    def transform(self, x):
        return (x - self.mean) / self.std


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = tills(1200, seed)
    x = StandardScaler(careful=fixed).fit(x).transform(x)
    model = nn.Sequential(nn.Linear(8, 40), nn.ELU(), nn.Linear(40, 20), nn.ELU(), nn.Linear(20, 1))
    return dict(model=model, optimizer=torch.optim.RMSprop(model.parameters(), lr=1e-3), loss_fn=nn.HuberLoss(),
                train=(x, y), val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, huber = setup["model"], setup["optimizer"], setup["loss_fn"]
    x, y = setup["train"]
    i = 0
    while i < (300 if steps is None else steps):
        rows = torch.randint(len(x), (32,))
        model.zero_grad()
        loss = huber(model(x[rows]).flatten(), y[rows])
        loss.backward()
        optimizer.step()
        log(loss.item())
        i += 1
