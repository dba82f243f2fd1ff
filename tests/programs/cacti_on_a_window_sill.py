"""Bug: the model ends in a softmax, and nn.CrossEntropyLoss takes another one.

Source: https://runebook.dev/en/docs/pytorch/generated/torch.nn.softmax (the loss wants raw logits; rebuilt).
Why it hurts: the logits of the second softmax lie between 0 and 1; the loss cannot fall below 1.17, gradients are weak.
"""

import torch
from torch import nn, optim

from programs.data_o import pictures

FAMILY = "cacti-cnn"
ACCEPT = ("softmax-before-cross-entropy", "output-activation-mismatch")
SYMPTOMS = ("plateau", "slow", "high-flat", "healthy")


def make_cnn(n_classes, probabilities):
    layers = [
        nn.Conv2d(1, 12, 5), nn.ReLU(),
        nn.Conv2d(12, 16, 3), nn.ReLU(),
        nn.AdaptiveMaxPool2d(1), nn.Flatten(),
        nn.Linear(16, n_classes),
    ]  # fmt: skip
    if probabilities:
        layers.append(nn.Softmax(dim=1))
    return nn.Sequential(*layers)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    cnn = make_cnn(8, probabilities=not fixed)
    images, labels = pictures(960, seed, 3, many=8)
    return dict(model=cnn, optimizer=optim.Adam(cnn.parameters(), lr=4e-3), loss_fn=nn.CrossEntropyLoss(),
                train=list(zip(images.split(32), labels.split(32), strict=True)),
                val=pictures(300, seed + 500, 3, many=8), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    i = 0
    for _epoch in range(7):
        for images, labels in setup["train"]:
            setup["optimizer"].zero_grad()
            output = setup["model"](images)
            loss = setup["loss_fn"](output, labels)
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            i += 1
            if i == steps:
                return


@torch.no_grad()
def error(setup):
    """How many are given a wrong name, plus how unsure it is."""
    images, labels = setup["val"]
    return setup["loss_fn"](setup["model"](images), labels).item()
