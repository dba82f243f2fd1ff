"""Healthy: a beginner's binary classifier; all rows of a small table go through the net in every step, without batches.

Source: https://pytorch.org/tutorials/beginner/pytorch_with_examples.html (full batches in a plain loop; no thread).
Why it looks ill: every step gets the same tensor, and the loss falls without any noise; the held-out rows fare as well.
"""

import torch
import torch.nn as nn

from programs.data_c import bikes

FAMILY = "full-batch-busy-hours"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class BusyHour(nn.Module):
    def __init__(self, n_features, n_hidden=16):
        super().__init__()
        self.layer_1 = nn.Linear(n_features, n_hidden)
        self.layer_2 = nn.Linear(n_hidden, n_hidden)
        self.layer_out = nn.Linear(n_hidden, 1)

    def forward(self, x):
        x = torch.relu(self.layer_1(x))
        x = torch.relu(self.layer_2(x))
        return self.layer_out(x)


def prepare(n, seed):
    kinds, weather, count = bikes(n, seed)
    columns = [nn.functional.one_hot(kinds[:, 0], 24), nn.functional.one_hot(kinds[:, 1], 7), kinds[:, 2:], weather]
    y = (count > 110).float().unsqueeze(1)
    return torch.cat([column.float() for column in columns], dim=1), y


def accuracy(model, x, y):
    model.eval()
    with torch.no_grad():
        predicted = torch.round(torch.sigmoid(model(x)))
    model.train()
    return (predicted == y).float().mean().item()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    X, y = prepare(4000, seed)
    mean, std = X[:3200].mean(0), X[:3200].std(0)
    X = (X - mean) / std
    model = BusyHour(X.shape[1])
    return dict(
        model=model,
        optimizer=torch.optim.Adam(model.parameters(), lr=0.01),
        loss_fn=nn.BCEWithLogitsLoss(),
        train=(X[:3200], y[:3200]),
        val=(X[3200:], y[3200:]),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    X_train, y_train = setup["train"]
    epochs = 70
    for epoch in range(min(steps or epochs, epochs)):
        optimizer.zero_grad()
        y_pred = model(X_train)
        loss = criterion(y_pred, y_train)
        loss.backward()
        optimizer.step()
        log(loss.item())
        if epoch % 10 == 0:
            print(f"Epoch {epoch:03d} | Loss {loss.item():.4f} | Acc {accuracy(model, *setup['val']):.3f}")


def error(setup):
    return 1 - accuracy(setup["model"], *setup["val"])
