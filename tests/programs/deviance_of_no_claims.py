"""Bug: the Poisson deviance is written by hand, y * log(y / mu), and most policies have no claim: y is 0.

Source: https://github.com/tidymodels/yardstick/pull/533 ("avoid log(0)" in a Poisson loss written by hand; there as
a metric; rebuilt as a loss).
Why it hurts: 0 * log(0) is NaN, though its limit is 0; the first step already makes every weight NaN.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_f import claims

FAMILY = "hotline-poisson"
ACCEPT = ("log-of-zero", "undefined-operation")
SYMPTOMS = ("non-finite",)


def poisson_deviance(mu, y, safe):
    ratio = torch.xlogy(y, y) - torch.xlogy(y, mu) if safe else y * torch.log(y / mu)
    return 2 * (ratio - (y - mu)).mean()


class ClaimsModel(nn.Module):
    """Returns the loss with the prediction, as the large libraries do."""

    def __init__(self, safe):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, 32), nn.Softplus(), nn.Linear(32, 16), nn.Softplus())
        self.rate, self.safe = nn.Linear(16, 1), safe

    def forward(self, columns, counts=None):
        mu = F.softplus(self.rate(self.body(columns))).squeeze(-1) + 1e-4
        if counts is None:
            return {"mu": mu}
        return {"mu": mu, "loss": poisson_deviance(mu, counts, self.safe)}


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = ClaimsModel(safe=fixed)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=1e-2, total_steps=200)
    return dict(model=model, optimizer=optimizer, scheduler=scheduler, loss_fn=None, train=claims(2000, seed), val=None,
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, scheduler = setup["model"], setup["optimizer"], setup["scheduler"]
    columns, counts = setup["train"]
    step = 0
    for _epoch in range(5):
        for rows in torch.randperm(len(counts)).chunk(40):
            output = model(columns[rows], counts=counts[rows])
            output["loss"].backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            scheduler.step()
            optimizer.zero_grad()
            log(output["loss"].item())
            step += 1
            if step == steps:
                return
