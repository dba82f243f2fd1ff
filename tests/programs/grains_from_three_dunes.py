"""Bug: the slice of the batch begins at step * size % size, which is always 0.

Source: https://github.com/patrick-kidger/diffrax/pull/215 (a wrong start index, the batches "are otherwise
repetitive"); https://github.com/ZhaoJ9014/face.evoLVe/pull/39 ("It will always iter the first batch"; rebuilt).
Why it hurts: every step sees the first 24 grains; they are learned by heart, and the others never seen.
"""

import torch
from torch import nn

from programs.data_m import grains

FAMILY = "sand-grains"
ACCEPT = ("same-batch-repeated",)
SYMPTOMS = ("overfitting", "too-good", "healthy")

BATCH = 24


def next_slice(step, rows, repaired):
    start = step * BATCH % rows if repaired else step * BATCH % BATCH
    return slice(start, start + BATCH)


def evaluate(model, data):
    x, y = data
    with torch.no_grad():
        return nn.functional.cross_entropy(model(x), y).item()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(6, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 3))
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), loss_fn=nn.CrossEntropyLoss(),
                train=grains(1920, seed), val=grains(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, loss_fn = setup["model"], setup["optimizer"], setup["loss_fn"]
    x, y = setup["train"]
    for step in range(400):
        part = next_slice(step, len(x), setup["fixed"])
        loss = loss_fn(model(x[part]), y[part])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if step % 20 == 19:
            log(loss.item(), val_loss=evaluate(model, setup["val"]))
        else:
            log(loss.item())
        if step + 1 == steps:
            return


def error(setup):
    return evaluate(setup["model"], setup["val"])
