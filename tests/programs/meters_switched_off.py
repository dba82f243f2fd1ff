"""Bug: each window of a meter is standardised by itself, and in some windows the machine was off and nothing moves.

Source: https://github.com/mllam/neural-lam/issues/136 ("standardization causes NaN if field's std is 0 [...] this is
not unlikely"; rebuilt with an autoencoder).
Why it hurts: zero divided by zero is NaN; one such window in a batch, and all weights are NaN.
"""

import torch
from torch import nn

from programs.data_g import meters

FAMILY = "meters-autoencoder"
ACCEPT = ("nonfinite-inputs", "undefined-operation")
SYMPTOMS = ("non-finite",)


def standardize(windows, floor=0.0):
    mean, std = windows.mean(1, keepdim=True), windows.std(1, keepdim=True)
    return (windows - mean) / (std + floor)


class AutoEncoder(nn.Module):
    def __init__(self, length=32, code=6):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(length, 32), nn.SELU(), nn.Linear(32, code))
        self.decoder = nn.Sequential(nn.Linear(code, 32), nn.SELU(), nn.Linear(32, length))

    def forward(self, x):
        return self.decoder(self.encoder(x))


class Experiment:
    def __init__(self, windows, lr=4e-3, batch_size=32, seed=0):
        self.windows, self.batch_size = windows, batch_size
        self.net = AutoEncoder()
        self.opt = torch.optim.NAdam(self.net.parameters(), lr=lr)
        self.g = torch.Generator().manual_seed(seed)

    def batches(self):
        order = torch.randperm(len(self.windows), generator=self.g)
        return self.windows[order].split(self.batch_size)

    def run(self, epochs, log, steps):
        done = 0
        for _ in range(epochs):
            for window in self.batches():
                self.opt.zero_grad()
                loss = nn.functional.mse_loss(self.net(window), window)
                loss.backward()
                self.opt.step()
                log(loss.item())
                done += 1
                if done == steps:
                    return


def build(seed, fixed=False):
    torch.manual_seed(seed)
    windows = standardize(meters(960, seed), floor=1e-3 if fixed else 0.0)
    e = Experiment(windows, seed=seed)
    return dict(model=e.net, optimizer=e.opt, loss_fn=nn.functional.mse_loss, train=windows, val=None, experiment=e,
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    setup["experiment"].run(10, log, steps)


@torch.no_grad()
def error(setup):
    window = standardize(meters(200, 700, off=0.0))
    return nn.functional.mse_loss(setup["model"](window), window).item()
