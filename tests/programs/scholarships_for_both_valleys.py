"""Healthy: the favoured valley shall be ahead by three points at most; a multiplier, which climbs, sees to it.

Source: https://discuss.pytorch.org/t/how-to-implement-lagrange-multiplier-with-pytorch/89011 ("no longer a minimization
problem, but rather one of finding a stationary point").
Why it is right: the second optimizer goes uphill on purpose; the loss rises while the multiplier grows, and the gap
between the valleys closes.
"""

import torch
from torch import nn

from programs.data_s import applicants

FAMILY = "scholarships-lagrangian"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "diverging", "oscillating", "high-flat")

ALLOWED = 0.03


class FairModel(nn.Module):
    def __init__(self, columns=6):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(columns, 32), nn.Tanh(), nn.Linear(32, 1))
        self.multiplier = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return self.net(x).squeeze(1)


def gap(logits, valley):
    """How far the favoured valley is ahead."""
    share = torch.sigmoid(logits)
    return share[valley == 1].mean() - share[valley == 0].mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = FairModel()
    primal = torch.optim.Adam(model.net.parameters(), lr=5e-3)
    dual = torch.optim.SGD([model.multiplier], lr=0.05, maximize=True)
    return dict(model=model, optimizer=[primal, dual], loss_fn=nn.BCEWithLogitsLoss(),
                train=applicants(6000, seed), val=applicants(2000, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, (primal, dual) = setup["model"], setup["optimizer"]
    everyone, t = setup["train"], 0
    for _epoch in range(30):
        for rows in torch.randperm(6000).split(300):
            x, valley, granted = (column[rows] for column in everyone)
            logits = model(x)
            too_far = gap(logits, valley) - ALLOWED
            lagrangian = setup["loss_fn"](logits, granted) + model.multiplier * too_far
            primal.zero_grad()
            dual.zero_grad()
            lagrangian.backward()
            primal.step()
            dual.step()
            with torch.no_grad():
                model.multiplier.clamp_(min=0)
            t += 1
            log(lagrangian.item(), metric=too_far.item())
            if t == steps:
                return


@torch.no_grad()
def error(setup):
    """Held out: how wrong the answers are, and how far the gap is above what is allowed."""
    x, valley, granted = setup["val"]
    logits = setup["model"](x)
    return setup["loss_fn"](logits, granted).item() + 10 * max(gap(logits, valley).item() - 2 * ALLOWED, 0)
