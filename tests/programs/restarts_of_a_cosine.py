"""Healthy: momentum and a cosine that restarts four times; at each restart the loss jumps up, and ends lower than
before.

Source: https://github.com/wandb/senpai/pull/161 (one of many tries with warm restarts, "the restart can jolt the
model"; rebuilt). Must not be called lr-too-high, schedule-decays-too-early, state-reset or data-not-shuffled.
"""

import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts

from programs.data_b import waves

FAMILY = "waves-restarts"
ACCEPT = ()
SYMPTOMS = ("healthy", "spiking", "oscillating")


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1, self.conv2 = (nn.Conv1d(channels, channels, 5, padding=2) for _ in range(2))

    def forward(self, x):
        return torch.relu(x + self.conv2(torch.relu(self.conv1(x))))


class SignalNet(nn.Module):
    def __init__(self, classes, channels=16):
        super().__init__()
        self.stem = nn.Conv1d(2, channels, 7, stride=2, padding=3)
        self.blocks = nn.Sequential(Residual(channels), Residual(channels))
        self.head = nn.Linear(channels * 20, classes)

    def forward(self, x):
        return self.head(self.blocks(self.stem(x.transpose(1, 2))).flatten(1))


def noisy_batches(x, y, size):
    for rows in torch.randperm(len(x)).split(size):
        yield x[rows] + 0.9 * torch.randn_like(x[rows]), y[rows]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = waves(1600, seed, classes=6)
    model = SignalNet(6)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.015, momentum=0.9, nesterov=True, weight_decay=1e-4)
    schedule = CosineAnnealingWarmRestarts(optimizer, T_0=60, eta_min=1e-4)
    return dict(model=model, optimizer=optimizer, schedule=schedule, loss_fn=nn.CrossEntropyLoss(), train=None,
                signals=(x, y), val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(6):
        for x, y in noisy_batches(*setup["signals"], 40):
            loss = setup["loss_fn"](model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            setup["schedule"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return
