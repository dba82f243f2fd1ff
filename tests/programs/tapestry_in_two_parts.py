"""Bug: the optimizer is given the classifier's parameters only; those of the encoder, another module, were forgotten.

Source: https://github.com/cabralpinto/modular-diffusion/issues/17 ("It seems the module only add encoder parameters to
optimiser?"); https://github.com/spro/practical-pytorch/issues/113 (two modules, whose parameters?; rebuilt).
Why it hurts: the encoder keeps its random filters, and what it throws away at its narrow end is lost.
"""

import itertools

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_n import tapestries

FAMILY = "tapestry-two-parts"
ACCEPT = ("parameters-not-optimized",)
SYMPTOMS = ("slow", "plateau", "high-flat")


def make_encoder():
    return nn.Sequential(
        nn.Conv1d(3, 16, 7, padding=3), nn.ReLU(),
        nn.Conv1d(16, 6, 5, padding=2), nn.ReLU(),
        nn.AdaptiveMaxPool1d(1), nn.Flatten(),
    )  # fmt: skip


def make_classifier():
    return nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 6))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    encoder, classifier = make_encoder(), make_classifier()
    params = itertools.chain(encoder.parameters(), classifier.parameters()) if fixed else classifier.parameters()
    return dict(
        model=nn.Sequential(encoder, classifier),
        encoder=encoder,
        classifier=classifier,
        optimizer=torch.optim.Adam(params, lr=5e-3),
        loss_fn=nn.CrossEntropyLoss(),
        train=DataLoader(TensorDataset(*tapestries(1280, seed)), batch_size=32, shuffle=True),
        val=DataLoader(TensorDataset(*tapestries(320, seed + 500)), batch_size=160),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    encoder, classifier, n = setup["encoder"], setup["classifier"], 0
    for _epoch in range(10):
        for row, town in setup["train"]:
            features = encoder(row)
            loss = setup["loss_fn"](classifier(features), town)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    found = [setup["loss_fn"](setup["classifier"](setup["encoder"](x)), y).item() for x, y in setup["val"]]
    return sum(found) / len(found)
