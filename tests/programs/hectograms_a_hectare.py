"""Bug: the yield of crops is predicted in hectograms a hectare, as the file has it: 77000 on the average.

Source: https://github.com/rstudio-conf-2020/dl-keras-tf/issues/9 (prices in dollars: "When the error gets squared, the
sum explodes!"; rebuilt, on yields).
Why it hurts: the answers begin near 0, and Adam moves each weight by about a thousandth a step.
"""

import itertools

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_j import crops

FAMILY = "crops-yield"
ACCEPT = ("unscaled-targets", "lr-too-low")
SYMPTOMS = ("high-flat", "slow", "plateau")


def mlp(sizes):
    layers = []
    for a, b in itertools.pairwise(sizes):
        layers += [nn.Linear(a, b), nn.ELU()]
    return nn.Sequential(*layers[:-1])


def run_epoch(model, loader, loss_fn, optimizer):
    for features, target in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(features).flatten(), target)
        loss.backward()
        optimizer.step()
        yield loss.item()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = crops(960, seed)
    mean, scale = (y.mean(), y.std()) if fixed else (0.0, 1.0)
    model = mlp([6, 32, 32, 1])
    loader = DataLoader(TensorDataset(x, (y - mean) / scale), batch_size=32, shuffle=True)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters()), loss_fn=nn.L1Loss(), train=loader,
                val=crops(200, seed + 500), unit=(mean, scale), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    done = 0
    for _epoch in range(12):
        for loss in run_epoch(setup["model"], setup["train"], setup["loss_fn"], setup["optimizer"]):
            log(loss)
            done += 1
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    (x, y), (mean, scale) = setup["val"], setup["unit"]
    return (setup["model"](x).flatten() * scale + mean - y).abs().mean().item()
