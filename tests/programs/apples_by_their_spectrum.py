"""Bug: the counts of the detector, some ten thousands, go into the network as they were read.

Source: https://openillumi.com/en/en-pytorch-performance-fix-standardization (the loss does not move until the data are
standardised; rebuilt).
Why it hurts: the first answers are thousands off; all forty inputs move together, and the small dips are lost.
"""

import torch
from torch import nn

from programs.data_m import apples

FAMILY = "apples-spectra"
ACCEPT = ("unscaled-inputs",)
SYMPTOMS = ("high-flat", "slow", "diverging", "oscillating", "plateau", "spiking")


def make_model(bands=40):
    return nn.Sequential(
        nn.Linear(bands, 64),
        nn.ReLU(),
        nn.Linear(64, 32),
        nn.ReLU(),
        nn.Linear(32, 1),
        nn.Flatten(0),
    )


def fit(model, optimizer, criterion, counts, sugar, epochs=10, batch=40):
    """Yields the loss of each batch."""
    model.train()
    for _ in range(epochs):
        shuffled = torch.randperm(len(counts))
        for chunk in shuffled.chunk(len(counts) // batch):
            predicted = model(counts[chunk])
            loss = criterion(predicted, sugar[chunk])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            yield loss.item()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    counts, sugar = apples(1400, seed)
    test_counts, test_sugar = apples(400, seed + 500)
    if fixed:
        mean, std = counts.mean(0), counts.std(0)
        counts, test_counts = (counts - mean) / std, (test_counts - mean) / std
    model = make_model()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3), loss_fn=nn.MSELoss(),
                train=(counts, sugar), val=None, test=(test_counts, test_sugar), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    losses = fit(setup["model"], setup["optimizer"], setup["loss_fn"], *setup["train"])
    for n, value in enumerate(losses, 1):
        log(value)
        if n == steps:
            return


@torch.no_grad()
def error(setup):
    counts, sugar = setup["test"]
    return setup["loss_fn"](setup["model"].eval()(counts), sugar).item()
