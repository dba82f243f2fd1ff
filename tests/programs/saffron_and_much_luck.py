"""Healthy: a harvest is mostly luck; the loss falls from about 1.4 to 1.05 and stays, as the luck has a deviation of 1.

Source: of our own (as in https://github.com/yjxiong/caffe/issues/2, a loss that seems to stay is asked about). Nothing
to mend: what the columns say of the harvest has been found; the net is small, so that it does not learn luck by heart.
"""

import torch
from torch import nn

from programs.data_u import saffron

FAMILY = "saffron-harvest"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "high-flat")


class HarvestModel:
    """In the manner of scikit-learn."""

    def __init__(self, hidden=16, lr=5e-3, weight_decay=1e-3, batch_size=64, max_epochs=5):
        self.net = nn.Sequential(nn.Linear(7, hidden), nn.Tanh(), nn.Linear(hidden, 1), nn.Flatten(0))
        self.optimizer_ = torch.optim.AdamW(self.net.parameters(), lr=lr, weight_decay=weight_decay)
        self.criterion = nn.MSELoss()
        self.batch_size, self.max_epochs = batch_size, max_epochs

    def partial_fit(self, X, y):
        self.optimizer_.zero_grad()
        loss = self.criterion(self.net(X), y)
        loss.backward()
        self.optimizer_.step()
        return loss.item()

    def fit(self, X, y, callback, max_steps=None):
        step = 0
        for _ in range(self.max_epochs):
            for rows in torch.randperm(len(X)).split(self.batch_size):
                callback(self.partial_fit(X[rows], y[rows]))
                step += 1
                if step == max_steps:
                    return self
        return self

    @torch.no_grad()
    def score(self, X, y):
        """The share of the variance that is explained."""
        return 1 - (self.criterion(self.net(X), y) / y.var(correction=0)).item()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    regressor = HarvestModel()
    return dict(model=regressor.net, optimizer=regressor.optimizer_, loss_fn=regressor.criterion, regressor=regressor,
                train=saffron(6400, seed), val=saffron(1000, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    fields, harvest = setup["train"]
    setup["regressor"].fit(fields, harvest, callback=log, max_steps=steps)


def error(setup):
    return 1 - setup["regressor"].score(*setup["val"])
