"""Bug: the log-likelihood itself is minimized; the minus is missing.

Source: https://github.com/stellargraph/stellargraph/pull/1138 (a wrong sign in a log-likelihood) and
https://github.com/openai/spinningup/issues/436 (why there has to be a minus; rebuilt).
Why it hurts: the net is paid for being wrong and sure of it; the number falls for ever, and the forecasts are
useless.
"""

import torch
from torch import nn
from torch.distributions import Normal
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from programs.data_b import demand, windows

FAMILY = "demand-likelihood"
ACCEPT = ("loss-sign-flipped",)
SYMPTOMS = ("diverging", "too-good")


class DeepAR(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.lstm = nn.LSTM(1, hidden, batch_first=True)
        self.mu, self.sigma = nn.Linear(hidden, 1), nn.Linear(hidden, 1)

    def forward(self, past):
        out, _ = self.lstm(past)
        last = out[:, -1]
        return Normal(self.mu(last), F.softplus(self.sigma(last)) + 1e-2)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    past, following = windows(demand(1000, seed), 24)
    sign = -1.0 if fixed else 1.0

    def loss_fn(dist, value):
        return sign * dist.log_prob(value).mean()

    model = DeepAR()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), loss_fn=loss_fn, val=None,
                train=DataLoader(TensorDataset(past[:700], following[:700]), batch_size=35, shuffle=True),
                held=(past[700:], following[700:]), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(10):
        for past, following in setup["train"]:
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(past), following)
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """The squared error of the mean."""
    past, following = setup["held"]
    return float((setup["model"](past).mean - following).square().mean())
