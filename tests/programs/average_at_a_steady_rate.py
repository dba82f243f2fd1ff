"""Healthy: SWA; plain SGD at a steady, high rate, and in the second half an average of the weights is kept.

Source: https://pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema (no thread).
Why it looks ill: the loss lies noisy and flat through the second half; what is used is the average, and that is better.
"""

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import waves

FAMILY = "swa-averaged-waves"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")
EPOCHS, AVERAGE_FROM = 8, 4


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(6, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 1), nn.Flatten(0))
    train_set, val_set = (TensorDataset(*waves(n, seed + i, noise=0.5)) for n, i in ((1500, 0), (400, 30)))
    return dict(
        model=model,
        averaged=AveragedModel(model),
        optimizer=torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.5),
        loss_fn=nn.MSELoss(),
        train=DataLoader(train_set, batch_size=50, shuffle=True),
        val=DataLoader(val_set, batch_size=400),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, averaged, optimizer = setup["model"], setup["averaged"], setup["optimizer"]
    n = 0
    for epoch in range(EPOCHS):
        for x, y in setup["train"]:
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            optimizer.step()
            if epoch >= AVERAGE_FROM:
                averaged.update_parameters(model)
            log(loss.item())
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    return sum(setup["loss_fn"](setup["averaged"](x), y).item() for x, y in setup["val"]) / len(setup["val"])
