"""Healthy: an MLP with batch norm on eight columns, one-cycle rate, a little weight decay.

Source: of our own; as in many a notebook (no thread). Why it is right: the inputs are standardised, the rate rises and
falls within the training, the net is in the right mode, and the held-out loss follows the other one down.
"""

import torch
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.utils.data import DataLoader, TensorDataset

from programs.data_n import meteors

FAMILY = "meteors-shower"
ACCEPT = ()
SYMPTOMS = ("healthy",)
EPOCHS = 10


class ShowerNet(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(8, hidden),
            nn.BatchNorm1d(hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.BatchNorm1d(hidden),
            nn.ReLU(),
            nn.Linear(hidden, 4),
        )

    def forward(self, x):
        return self.net(x)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = ShowerNet()
    loader = DataLoader(TensorDataset(*meteors(2400, seed)), batch_size=48, shuffle=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=1e-2)
    return dict(
        model=model,
        optimizer=optimizer,
        scheduler=OneCycleLR(optimizer, max_lr=5e-3, epochs=EPOCHS, steps_per_epoch=len(loader)),
        loss_fn=nn.CrossEntropyLoss(),
        train=loader,
        val=DataLoader(TensorDataset(*meteors(600, seed + 500)), batch_size=200),
        fixed=fixed,
    )


def error(setup):
    model, criterion = setup["model"], setup["loss_fn"]
    model.eval()
    with torch.no_grad():
        found = [criterion(model(x), y).item() for x, y in setup["val"]]
    model.train()
    return sum(found) / len(found)


def train(setup, log, steps=None):
    model, step = setup["model"], 0
    for _epoch in range(EPOCHS):
        for x, y in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            setup["optimizer"].step()
            setup["scheduler"].step()
            step += 1
            log(loss.item(), **({"val_loss": error(setup)} if step % 50 == 0 else {}))
            if step == steps:
                return
