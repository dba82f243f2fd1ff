"""Bug: validate() calls model.eval(); model.train() stands once, before all epochs, and is never called again.

Source: https://github.com/fartashf/vsepp/issues/4 ("dropout layers will only activate in the first val_step steps");
https://github.com/tk-rusch/coRNN/issues/1 (rebuilt).
Why it hurts: from the second epoch on there is no dropout any more; the large net learns its few rows by heart.
"""

import torch
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

from programs.data_t import sleeves

FAMILY = "sleeves-mlp"
ACCEPT = ("train-eval-mode", "overfitting")
SYMPTOMS = ("overfitting", "healthy", "too-good")


def make_model():
    return nn.Sequential(
        nn.Linear(40, 200), nn.ReLU(), nn.Dropout(0.6),
        nn.Linear(200, 200), nn.ReLU(), nn.Dropout(0.6),
        nn.Linear(200, 4),
    )  # fmt: skip


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = make_model()
    train_dl = DataLoader(TensorDataset(*sleeves(800, seed)), batch_size=40, shuffle=True)
    val_dl = DataLoader(TensorDataset(*sleeves(800, seed + 500)), batch_size=400)
    return {
        "model": model,
        "optimizer": optim.Adam(model.parameters(), lr=5e-4),
        "loss_fn": nn.CrossEntropyLoss(),
        "train": train_dl,
        "val": val_dl,
        "fixed": fixed,
    }


def validate(model, val_dl, criterion):
    model.eval()
    with torch.no_grad():
        losses = [criterion(model(xb), yb).item() for xb, yb in val_dl]
    return sum(losses) / len(losses)


def train(setup, log, steps=None):
    model, criterion, opt = setup["model"], setup["loss_fn"], setup["optimizer"]
    seen, epochs = 0, 25
    model.train()
    for _epoch in range(epochs):
        if setup["fixed"]:
            model.train()
        last = len(setup["train"]) - 1
        for i, (xb, yb) in enumerate(setup["train"]):
            loss = criterion(model(xb), yb)
            opt.zero_grad()
            loss.backward()
            opt.step()
            seen += 1
            log(loss.item(), **({"val_loss": validate(model, setup["val"], criterion)} if i == last else {}))
            if seen == steps:
                return


def error(setup):
    return validate(setup["model"], setup["val"], setup["loss_fn"])
