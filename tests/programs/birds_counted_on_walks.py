"""Healthy: counts of birds by a Poisson likelihood; the loss is negative, and most of it is chance.

Source: https://pytorch.org/docs/stable/generated/torch.nn.PoissonNLLLoss.html (the term log(target!) is left out, and
so the loss has no floor at zero; no thread).
Why it looks ill: it falls at first and then lies flat and noisy; nobody can foresee how many birds fly past.
"""

import torch
from torch import nn

from programs.data_f import birds

FAMILY = "birds-poisson"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")


class Counts(nn.Module):
    def __init__(self, sites=30):
        super().__init__()
        self.site, self.month = nn.Embedding(sites, 6), nn.Embedding(12, 4)
        self.net = nn.Sequential(nn.Linear(10, 24), nn.Tanh(), nn.Linear(24, 1))

    def forward(self, rows, hours):
        site, month = rows.unbind(1)
        rate = self.net(torch.cat([self.site(site), self.month(month)], dim=1)).squeeze(1)
        return rate + hours.log()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Counts()
    data = torch.utils.data.TensorDataset(*birds(2000, seed))
    return {
        "model": model,
        "optimizer": torch.optim.Adam(model.parameters(), lr=1e-2),
        "loss_fn": nn.PoissonNLLLoss(log_input=True),
        "train": torch.utils.data.DataLoader(data, batch_size=50, shuffle=True),
        "val": birds(400, seed + 500),
        "fixed": fixed,
    }


def train(setup, log, steps=None):
    model, optimizer, nll = setup["model"], setup["optimizer"], setup["loss_fn"]
    site_month, hours, seen = setup["val"]
    n = 0
    for _epoch in range(6):
        for number, (rows, watched, counted) in enumerate(setup["train"], 1):
            loss = nll(model(rows, watched), counted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            more = {}
            if number == len(setup["train"]):
                with torch.no_grad():
                    more["val_loss"] = nll(model(site_month, hours), seen).item()
            log(loss.item(), **more)
            if n == steps:
                return
