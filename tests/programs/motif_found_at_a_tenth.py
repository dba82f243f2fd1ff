"""Bug: a small convolutional net for strands of DNA, trained by Adam at a rate of 0.1.

Source: https://github.com/NLeSC/mcfly/issues/43 ("Theses two models have a learning rate of >0.03 and none of the other
models have such a high learning rate. So my suspicion is that the high learning rate has to do with it"; rebuilt).
Why it hurts: the first steps throw the filters far away; most of them are then silent for each strand.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_j import motifs

FAMILY = "promoters-cnn"
ACCEPT = ("lr-too-high", "dead-relu")
SYMPTOMS = ("high-flat", "plateau", "oscillating", "spiking")


def get_model():
    return nn.Sequential(
        nn.Conv1d(4, 24, 9, padding=4), nn.ReLU(), nn.MaxPool1d(2),
        nn.Conv1d(24, 24, 5, padding=2), nn.ReLU(), nn.AdaptiveMaxPool1d(1),
        nn.Flatten(), nn.Linear(24, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))  # fmt: skip


def fit(model, loader, optimizer, criterion, epochs, callback):
    for _epoch in range(epochs):
        model.train()
        for seqs, labels in loader:
            optimizer.zero_grad(set_to_none=True)
            loss = criterion(model(seqs), labels)
            loss.backward()
            optimizer.step()
            if callback(loss.item()):
                return


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = get_model()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3 if fixed else 0.1)
    loader = DataLoader(TensorDataset(*motifs(1600, seed)), batch_size=50, shuffle=True)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=loader, val=None,
                test=motifs(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    count = 0

    def callback(loss):
        nonlocal count
        count += 1
        log(loss)
        return count == steps

    fit(setup["model"], setup["train"], setup["optimizer"], setup["loss_fn"], 9, callback)


@torch.no_grad()
def error(setup):
    x, y = setup["test"]
    return (setup["model"].eval()(x).argmax(1) != y).float().mean().item()
