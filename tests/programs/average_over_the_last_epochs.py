"""Healthy: stochastic weight averaging; from the fourth epoch on the rate is high and constant, and the loss goes flat.

Source: https://pytorch.org/blog/pytorch-1.6-now-includes-stochastic-weight-averaging/ (no thread). The averaged
copy is in no optimizer and gets no gradient, which is as it should be; its batch norms are renewed at the end.
"""

import torch
from torch import nn
from torch.optim.swa_utils import SWALR, AveragedModel, update_bn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import digits

FAMILY = "cnn-swa"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(
        nn.Conv2d(1, 8, 5, stride=3),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, stride=2),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(144, 10),
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=4, eta_min=0.02)
    return dict(
        model=model,
        optimizer=optimizer,
        loss_fn=nn.CrossEntropyLoss(),
        train=DataLoader(TensorDataset(*digits(1280, seed)), batch_size=64, shuffle=True),
        val=DataLoader(TensorDataset(*digits(400, seed, train=False)), batch_size=200),
        schedule=schedule,
        swa_model=AveragedModel(model),
        swa_schedule=SWALR(optimizer, swa_lr=0.05, anneal_epochs=1),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, swa_model, n = setup["model"], setup["swa_model"], 0
    for epoch in range(7):
        model.train()
        for x, y in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss)
            if n == steps:
                return
        if epoch >= 4:
            swa_model.update_parameters(model)
            setup["swa_schedule"].step()
        else:
            setup["schedule"].step()
    update_bn(setup["train"], swa_model)


@torch.no_grad()
def error(setup):
    """The share of digits that the averaged net gets wrong."""
    swa_model = setup["swa_model"].eval()
    return sum((swa_model(x).argmax(1) != y).float().mean().item() for x, y in setup["val"]) / len(setup["val"])
