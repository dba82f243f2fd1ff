"""Bug: the last layer of the Sequential is a softmax, and the loss is CrossEntropyLoss.

Source: https://github.com/doronharitan/human_activity_recognition_LRCN/issues/4 ("Remove softmax layer in model
actually helped the model converge faster"; rebuilt).
Why it hurts: probabilities are taken for logits; with three kinds the loss cannot go below 0.55, and it falls slowly.
"""

import torch
from torch import nn

from programs.data_j import penguins

FAMILY = "penguins-notebook"
ACCEPT = ("softmax-before-cross-entropy",)
SYMPTOMS = ("slow", "plateau", "high-flat")


def build(seed, fixed=False):
    torch.manual_seed(seed)
    layers = [nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 3)]
    if not fixed:
        layers.append(nn.Softmax(dim=1))
    model = nn.Sequential(*layers)
    return dict(model=model, optimizer=torch.optim.SGD(model.parameters(), lr=0.05), loss_fn=nn.CrossEntropyLoss(),
                train=penguins(260, seed), val=penguins(80, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    X_train, y_train = setup["train"]
    n_epochs, batch_size = 20, 16
    done = 0
    for _epoch in range(n_epochs):
        permutation = torch.randperm(len(X_train))
        for i in range(0, len(X_train), batch_size):
            indices = permutation[i : i + batch_size]
            y_pred = model(X_train[indices])
            loss = criterion(y_pred, y_train[indices])

            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            log(loss.item())
            done += 1
            if done == steps:
                return
