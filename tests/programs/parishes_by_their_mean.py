"""Bug: 500 parishes are replaced by the mean of the target in each, taken over the very rows that are then trained on.

Source: https://github.com/PythonPredictions/cobra/issues/24 ("each example x's target value y is used to encode x");
https://github.com/jeongyoonlee/Kaggler/issues/35 (rebuilt).
Why it hurts: a parish has two rows, so its mean nearly is the answer; for new rows it says little.
"""

import torch
from torch import nn

from programs.data_j import parishes

FAMILY = "zips-target-mean"
ACCEPT = ("target-leak", "overfitting")
SYMPTOMS = ("too-good", "overfitting", "healthy")


class TargetEncoder:
    def __init__(self, categories=500):
        self.categories = categories

    def fit(self, where, y):
        self.total, self.count = torch.zeros(self.categories), torch.zeros(self.categories)
        self.total.index_add_(0, where, y)
        self.count.index_add_(0, where, torch.ones_like(y))
        self.prior = y.mean()
        return self

    def transform(self, where):
        return torch.where(self.count > 0, self.total / self.count.clamp(min=1), self.prior)[where]

    def transform_without_own(self, where, y):
        total, count = self.total[where] - y, self.count[where] - 1
        return torch.where(count > 0, (total + self.prior) / (count + 1), self.prior)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    where, x, y = parishes(1000, seed)
    encoder = TargetEncoder().fit(where, y)
    encoded = encoder.transform_without_own(where, y) if fixed else encoder.transform(where)
    table = torch.cat([x, encoded[:, None]], 1)
    where_val, x_val, y_val = parishes(1000, seed + 500)
    table_val = torch.cat([x_val, encoder.transform(where_val)[:, None]], 1)
    model = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1))
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), loss_fn=nn.BCEWithLogitsLoss(),
                train=(table, y), val=(table_val, y_val), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    (table, y), step = setup["train"], 0
    while step < (steps or 400):
        for rows in torch.randperm(len(y)).split(50):
            loss = setup["loss_fn"](setup["model"](table[rows]).squeeze(1), y[rows])
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            step += 1
            if step == (steps or 400):
                return


@torch.no_grad()
def error(setup):
    table, y = setup["val"]
    return setup["loss_fn"](setup["model"](table).squeeze(1), y).item()
