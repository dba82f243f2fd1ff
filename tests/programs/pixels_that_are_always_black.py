"""Bug: each pixel is standardised by its own mean and deviation; in the corners the deviation is 0.

Source: https://mcmap.net/q/1908922/-normalisation-with-a-zero-in-the-standard-deviation
Why it hurts: 0/0 is NaN, and one NaN in an input makes every output of the first layer NaN.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import digits

FAMILY = "constant-pixels-mlp"
ACCEPT = ("nonfinite-inputs",)
SYMPTOMS = ("non-finite",)


def standardize(x, eps):
    mean = x.mean(dim=0)
    std = x.std(dim=0)
    return (x - mean) / (std + eps)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = digits(2500, seed)
    x = standardize(x.flatten(1), eps=1e-2 if fixed else 0.0)
    model = nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 10))
    optimizer = torch.optim.RMSprop(model.parameters(), lr=5e-4)
    train_loader = DataLoader(TensorDataset(x, y), batch_size=50, shuffle=True)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=train_loader, val=None,
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, loss_fn = setup["model"], setup["optimizer"], setup["loss_fn"]
    model.train()
    step = 0
    for epoch in range(4):
        total = 0.0
        for x, y in setup["train"]:
            y_hat = model(x)
            loss = loss_fn(y_hat, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(x)
            step += 1
            log(loss.item())
            if step == steps:
                return
        print(f"epoch {epoch + 1}: {total / len(setup['train'].dataset):.4f}")
