"""Healthy: a small net for the kind of pastry from ten measurements, Adam, a usual loop.

Source: of our own, after the loop of https://preproom.ai/learn/model-training-pytorch.html.
Why it is right: columns of one scale, logits into the cross-entropy, gradients cleared in each step.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_o import kinds

FAMILY = "pastries-kinds"
ACCEPT = ()
SYMPTOMS = ("healthy",)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(10, 48), nn.ReLU(), nn.Dropout(0.1), nn.Linear(48, 6))
    train_loader = DataLoader(TensorDataset(*kinds(2000, seed, 31, many=6)), batch_size=40, shuffle=True)
    val_loader = DataLoader(TensorDataset(*kinds(400, seed + 500, 31, many=6)), batch_size=200)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), loss_fn=nn.CrossEntropyLoss(),
                train=train_loader, val=val_loader, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    step = 0
    for _epoch in range(8):
        for inputs, labels in setup["train"]:
            model.train()
            optimizer.zero_grad()
            loss = criterion(model(inputs), labels)
            loss.backward()
            optimizer.step()
            step += 1
            if step % 50 == 0:
                log(loss.item(), val_loss=error(setup))
            else:
                log(loss.item())
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    setup["model"].eval()
    losses = [setup["loss_fn"](setup["model"](inputs), labels).item() for inputs, labels in setup["val"]]
    return sum(losses) / len(losses)
