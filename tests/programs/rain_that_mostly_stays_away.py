"""Bug: the mean rain is wanted, and the loss is the absolute error, whose best answer is the median: no rain.

Source: https://github.com/tlverse/sl3/issues/352 ("I believe the MAE identifies the conditional median of the
outcome"); https://github.com/lightgbm-org/LightGBM/issues/3734 (rebuilt for rain of afternoons).
Why it hurts: on no morning is rain more likely than not; the net learns to say 0 each day.
"""

import torch
from torch import nn

from programs.data_k import showers

FAMILY = "rain-hourly"
ACCEPT = ("wrong-loss", "class-imbalance")
SYMPTOMS = ("plateau", "high-flat", "oscillating", "healthy")


class Forecaster:
    def __init__(self, loss_fn, lr=4e-3):
        self.net = nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 1), nn.Softplus())
        self.loss_fn = loss_fn
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=lr)

    def __call__(self, morning):
        return self.net(morning).squeeze(dim=-1)

    def learn(self, morning, rain):
        loss = self.loss_fn(self(morning), rain)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss.item()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    forecaster = Forecaster(nn.MSELoss() if fixed else nn.L1Loss())
    return dict(model=forecaster.net, optimizer=forecaster.optimizer, loss_fn=forecaster.loss_fn, val=None,
                train=showers(6400, seed)[:2], forecaster=forecaster, test=showers(500, seed + 500),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    mornings, rain = setup["train"]
    count = 0
    for _ in range(4):
        for rows in torch.randperm(len(rain)).split(64):
            log(setup["forecaster"].learn(mornings[rows], rain[rows]))
            count += 1
            if count == steps:
                return


@torch.no_grad()
def error(setup):
    """How far the forecast is from the rain to be expected."""
    mornings, _, expected = setup["test"]
    return (setup["forecaster"](mornings) - expected).square().mean().item()
