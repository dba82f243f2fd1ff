"""Bug: MSELoss(reduction="sum") over batches of 64 windows of 64 points, with the SGD rate of the mean.

Source: https://github.com/utcsilab/deepinpy/issues/13 ("if I use batch size >> 1, the gradient seems to be exploding...
I found the loss function defined as self._loss_fun = torch.nn.MSELoss(reduction='sum')"; rebuilt).
Why it hurts: the gradient is 4096 times that of the mean, and so is each step.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader

from programs.data_j import gearboxes

FAMILY = "gearbox-autoencoder"
ACCEPT = ("sum-reduction", "lr-too-high")
SYMPTOMS = ("diverging", "non-finite", "oscillating", "high-flat", "spiking")


class AutoEncoder(nn.Module):
    def __init__(self, n_in=64, code=8):
        super().__init__()
        self.encode = nn.Sequential(nn.Linear(n_in, 32), nn.Tanh(), nn.Linear(32, code))
        self.decode = nn.Sequential(nn.Linear(code, 32), nn.Tanh(), nn.Linear(32, n_in))

    def forward(self, batch):
        return self.decode(self.encode(batch))


class Experiment:
    def __init__(self, seed, reduction):
        torch.manual_seed(seed)
        self.model = AutoEncoder()
        self.criterion = nn.MSELoss(reduction=reduction)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.5, momentum=0.9)
        self.loader = DataLoader(gearboxes(1920, seed), batch_size=64, shuffle=True)

    def fit(self, epochs=12):
        for _ in range(epochs):
            for batch in self.loader:
                self.optimizer.zero_grad()
                loss = self.criterion(self.model(batch), batch)
                loss.backward()
                self.optimizer.step()
                yield loss.item()


def build(seed, fixed=False):
    e = Experiment(seed, "mean" if fixed else "sum")
    return dict(model=e.model, optimizer=e.optimizer, loss_fn=e.criterion, train=e.loader,
                val=gearboxes(200, seed + 500), experiment=e, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    for number, loss in enumerate(setup["experiment"].fit(), 1):
        log(loss)
        if number == steps:
            break


@torch.no_grad()
def error(setup):
    x = setup["val"]
    return (setup["model"](x) - x).square().mean().item()
