"""Bug: beside the level stands its mean over three hours, centred: in the last hour it holds the hour to be foretold.

Source: https://techqa.club/v/q/time-series-rolling-windows-feature-78204216 (a rolling mean must be shifted);
https://temporalcv.readthedocs.io/en/latest/auto_examples/16_failure_rolling_stats.html (rebuilt with a GRU).
Why it hurts: the answer is three times the mean less two hours that are known; on the day it is not there.
"""

import torch
from torch import nn

from programs.data_r import water_level

FAMILY = "harbour-level"
ACCEPT = ("target-leak", "preprocessing-mismatch")
SYMPTOMS = ("too-good", "overfitting", "healthy")

LAGS = 14


def smooth(level, center):
    """The mean over three hours, as rolling(3, center=...).mean() has it; at the ends the level itself."""
    mean = level.clone()
    if center:
        mean[1:-1] = (level[:-2] + level[1:-1] + level[2:]) / 3
    else:
        mean[2:] = (level[:-2] + level[1:-1] + level[2:]) / 3
    return mean


def windows(level, center):
    both = torch.stack([level, smooth(level, center)], 1)
    x = both.unfold(0, LAGS, 1).transpose(1, 2)[2:-2]
    return x, level[LAGS + 2 :][: len(x)]


class GaugeGRU(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(2, 32, batch_first=True)
        self.head = nn.Linear(32, 1)

    def forward(self, x):
        return self.head(self.gru(x)[0][:, -1])[:, 0]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = GaugeGRU()
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=5e-3), loss_fn=nn.MSELoss(),
                train=windows(water_level(1600, seed), center=not fixed), val=None,
                live=windows(water_level(500, seed + 500), center=False), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x, y = setup["train"]
    done = 0
    for _epoch in range(10):
        for rows in torch.randperm(len(x)).split(40):
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](setup["model"](x[rows]), y[rows])
            loss.backward()
            setup["optimizer"].step()
            done += 1
            log(loss.item())
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["live"]
    return setup["loss_fn"](setup["model"](x), y).item()
