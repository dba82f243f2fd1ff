"""Bug: the readout of a graph net gives (N, 1), the delays are (N,), and a log-cosh loss is written by hand.

Source: https://github.com/IntelLabs/matsciml/pull/347 ("broadcasting issues due to shape mismatches in loss
calculations", of a graph net's readout; rebuilt).
Why it hurts: every prediction is held against every delay of the batch; the best answer is one middle value for all.
"""

import math

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_g import circuits

FAMILY = "circuits-delay"
ACCEPT = ("broadcast-loss",)
SYMPTOMS = ("plateau", "high-flat")


def log_cosh(error):
    error = error.abs()
    return (error + nn.functional.softplus(-2 * error) - math.log(2)).mean()


class GINLayer(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.eps = nn.Parameter(torch.zeros(()))
        self.mlp = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, h, wires):
        return h + self.mlp((1 + self.eps) * h + 0.5 * (wires @ h))


class DelayGIN(nn.Module):
    def __init__(self, width=32, layers=2):
        super().__init__()
        self.gate = nn.Embedding(4, width)
        self.layers = nn.ModuleList([GINLayer(width) for _ in range(layers)])
        self.readout = nn.Linear(width, 1)

    def forward(self, kind, wires):
        h = self.gate(kind)
        for layer in self.layers:
            h = layer(h, wires)
        return self.readout(h.mean(1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = DelayGIN()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), loss_fn=log_cosh, fixed=fixed,
                train=DataLoader(TensorDataset(*circuits(1280, seed)), batch_size=64, shuffle=True),
                val=circuits(300, seed + 500))  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    n, epochs = 0, 14
    while n < epochs * 20:
        for kind, wires, delay in setup["train"]:
            predicted = model(kind, wires)
            if setup["fixed"]:
                delay = delay.view_as(predicted)
            loss = setup["loss_fn"](predicted - delay)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    kind, wires, delay = setup["val"]
    return (setup["model"](kind, wires)[:, 0] - delay).square().mean().item()
