"""Bug: the net returns the rate itself, by exp, and PoissonNLLLoss with its default takes that for the logarithm.

Source: https://github.com/pytorch/pytorch/pull/1779 (why the loss expects log(input), asked in its review; rebuilt).
Why it hurts: the loss falls as it should, but what comes out is the logarithm of the count, and never below 0.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_p import lightning

FAMILY = "lightning-counts"
ACCEPT = ("wrong-loss", "output-activation-mismatch")
SYMPTOMS = ("healthy", "plateau", "spiking")


class StrokeRate(nn.Module):
    """Strokes of lightning a day over one square."""

    def __init__(self, width=48):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, width), nn.Tanh(), nn.Linear(width, width), nn.Tanh())
        self.out = nn.Linear(width, 1)

    def forward(self, weather):
        return torch.exp(self.out(self.body(weather)).squeeze(1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = StrokeRate()
    criterion = nn.PoissonNLLLoss(log_input=False) if fixed else nn.PoissonNLLLoss()
    return {
        "model": model,
        "optimizer": torch.optim.Adam(model.parameters(), lr=3e-3),
        "loss_fn": criterion,
        "train": DataLoader(TensorDataset(*lightning(4000, seed)), batch_size=80, shuffle=True),
        "val": lightning(800, seed + 500),
        "fixed": fixed,
    }


def deviance(setup):
    weather, strokes = setup["val"]
    with torch.no_grad():
        return nn.functional.poisson_nll_loss(setup["model"](weather), strokes, log_input=False).item()


def train(setup, log, steps=None):
    net, opt = setup["model"], setup["optimizer"]
    i = 0
    while i < (steps or 400):
        for weather, strokes in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](net(weather), strokes)
            loss.backward()
            opt.step()
            i += 1
            if i % 50 == 0:
                log(loss.item(), metric=deviance(setup))
            else:
                log(loss.item())
            if i == (steps or 400):
                break


error = deviance
