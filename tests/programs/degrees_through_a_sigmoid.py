"""Bug: the forecast of a standardised temperature ends with a sigmoid.

Source: https://github.com/jsyoon0823/Time-series-prediction/issues/3 ("the outputs is coming from the sigmoid [...] any
float number into the model as regression target, but obviously, that won't work"; rebuilt).
Why it hurts: half of all temperatures are below zero, where the net cannot go.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_i import weather

FAMILY = "weather-gru"
ACCEPT = ("output-activation-mismatch",)
SYMPTOMS = ("plateau", "high-flat", "slow")


class GRUForecast(nn.Module):
    def __init__(self, squash):
        super().__init__()
        self.gru = nn.GRU(3, 20, batch_first=True)
        layers = [nn.Linear(20, 10), nn.ReLU(), nn.Linear(10, 1)]
        self.head = nn.Sequential(*layers, nn.Sigmoid()) if squash else nn.Sequential(*layers)

    def forward(self, window):
        _, last = self.gru(window)
        return self.head(last.squeeze(0)).squeeze(-1)


def make_step(model, optimizer, loss_fn):
    def step(window, target):
        model.train()
        loss = loss_fn(model(window), target)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    return step


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = weather(1200, seed)
    model, loss_fn = GRUForecast(squash=not fixed), nn.MSELoss()
    optimizer = torch.optim.NAdam(model.parameters(), lr=4e-3)
    return dict(model=model, optimizer=optimizer, loss_fn=loss_fn, step=make_step(model, optimizer, loss_fn),
                train=DataLoader(TensorDataset(x[:1000], y[:1000]), 40, shuffle=True), val=(x[1000:], y[1000:]),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    count = 0
    for _ in range(10):
        for window, target in setup["train"]:
            log(setup["step"](window, target))
            count += 1
            if count == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
