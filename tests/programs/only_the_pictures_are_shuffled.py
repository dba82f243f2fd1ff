"""Bug: at the beginning of each epoch the pictures are put into a new order, the labels are not.

Source: https://www.codegenes.net/blog/pytorch-shuffle-tensor (warns to shuffle both with one permutation; no thread).
Why it hurts: each picture has the label of another one, a new one in each epoch; the loss stays at ln 10.
"""

import torch
from torch import nn

from programs.data_a import digits

FAMILY = "digits-sliced-by-hand"
ACCEPT = ("labels-misaligned",)
SYMPTOMS = ("high-flat",)
BATCH = 40


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x_train, y_train = digits(1600, seed)
    model = nn.Sequential(
        nn.Conv2d(1, 8, 5, stride=2),
        nn.ReLU(),
        nn.Conv2d(8, 16, 5, stride=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(256, 10),
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=(x_train, y_train), val=None,
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    x_train, y_train = setup["train"]
    n_steps = 0
    for _ in range(4):
        permutation = torch.randperm(x_train.shape[0])
        x_train = x_train[permutation]
        if setup["fixed"]:
            y_train = y_train[permutation]
        for i in range(0, x_train.shape[0], BATCH):
            batch_x, batch_y = x_train[i : i + BATCH], y_train[i : i + BATCH]
            optimizer.zero_grad()
            outputs = model(batch_x)
            loss = criterion(outputs, batch_y)
            loss.backward()
            optimizer.step()
            n_steps += 1
            log(loss.item())
            if n_steps == steps:
                return
