"""Healthy: a forecast of three quantiles by the pinball loss, one output each; the loss ends where the noise lets it.

Source: https://github.com/nmdwolf/ValidPredictionIntervals/issues/1 (a net for quantiles of a noisy sine; rebuilt).
Must not be called capacity-too-small, wrong-loss or broadcast-loss: outputs (N, 3) against targets (N, 1) are meant.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_b import uneven_noise

FAMILY = "uneven-noise-quantiles"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")


class PinballLoss(nn.Module):
    def __init__(self, quantiles):
        super().__init__()
        self.register_buffer("q", torch.tensor(quantiles)[None, :])

    def forward(self, output, target):
        gap = target[:, None] - output
        return torch.maximum(self.q * gap, (self.q - 1) * gap).mean()


def network(outputs):
    return nn.Sequential(nn.Linear(1, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh(), nn.Linear(48, outputs))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = uneven_noise(2000, seed)
    model = network(3)
    optimizer = torch.optim.NAdam(model.parameters(), lr=4e-3)
    return dict(model=model, optimizer=optimizer, loss_fn=PinballLoss([0.1, 0.5, 0.9]), fixed=fixed,
                train=DataLoader(TensorDataset(x[:1600], y[:1600]), batch_size=40, shuffle=True),
                val=DataLoader(TensorDataset(x[1600:], y[1600:]), batch_size=400))  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, pinball, n = setup["model"], setup["optimizer"], setup["loss_fn"], 0
    for _epoch in range(8):
        for x, y in setup["train"]:
            optimizer.zero_grad()
            loss = pinball(model(x), y)
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
        with torch.no_grad():
            below = [(y[:, None] < model(x)).float().mean(0) for x, y in setup["val"]]
        setup["share_below"] = torch.stack(below).mean(0).tolist()
