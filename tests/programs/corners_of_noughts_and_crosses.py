"""Bug: the table of activations is asked for "Relu", which it does not hold, and answers with its default: nothing.

Source: https://github.com/luigibonati/mlcolvar/issues/134 (an activation chosen by its name: "linear" "doesn't do
anything"); https://github.com/Nota-NetsPresso/netspresso-trainer/issues/320 ("no activation layer in FC"; rebuilt).
Why it hurts: four linear layers are one linear layer, and whether two corners are alike is no linear question.
"""

import itertools

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_k import boards

FAMILY = "noughts-corners"
ACCEPT = ("missing-nonlinearity",)
SYMPTOMS = ("high-flat", "plateau", "slow")

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "gelu": nn.GELU}


def mlp(sizes, act):
    layers = []
    for a, b in itertools.pairwise(sizes[:-1]):
        layers += [nn.Linear(a, b), ACTIVATIONS.get(act, nn.Identity)()]
    return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    cfg = {"sizes": [9, 48, 48, 48, 1], "act": "relu" if fixed else "Relu", "lr": 2e-3}
    model = mlp(cfg["sizes"], cfg["act"])
    optimizer = torch.optim.Adam(model.parameters(), lr=cfg["lr"])
    return dict(model=model, optimizer=optimizer, loss_fn=nn.BCEWithLogitsLoss(),
                train=DataLoader(TensorDataset(*boards(2400, seed)), batch_size=60, shuffle=True),
                val=DataLoader(TensorDataset(*boards(600, seed + 500)), batch_size=600), fixed=fixed)  # fmt: skip


def run_epoch(setup, learn):
    setup["model"].train(learn)
    for board, alike in setup["train" if learn else "val"]:
        with torch.set_grad_enabled(learn):
            loss = setup["loss_fn"](setup["model"](board).squeeze(1), alike)
        if learn:
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
        yield loss.item()


def train(setup, log, steps=None):
    seen = 0
    for _epoch in range(10):
        for value in run_epoch(setup, learn=True):
            log(value)
            seen += 1
            if seen == steps:
                return


def error(setup):
    return sum(run_epoch(setup, learn=False))
