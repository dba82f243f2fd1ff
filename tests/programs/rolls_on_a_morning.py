"""Healthy: the loss falls by a fifth and then stays: the rolls that are sold hang mostly on chance.

Source: of our own.
Why it is right: the noise in the numbers has variance one, and one is where the loss stays, seen and unseen.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_t import rolls

FAMILY = "bakerysales-noise"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")


class Bakery(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(6, 32)
        self.out = nn.Linear(32, 1)

    def forward(self, x):
        return self.out(torch.tanh(self.hidden(x))).squeeze(dim=1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Bakery()
    train_ds = TensorDataset(*rolls(12000, seed))
    return {
        "model": model,
        "optimizer": torch.optim.Adam(model.parameters(), lr=5e-3, weight_decay=1e-4),
        "loss_fn": nn.MSELoss(),
        "train": DataLoader(train_ds, batch_size=120, shuffle=True),
        "val": rolls(4000, seed + 500),
        "fixed": fixed,
    }


def train(setup, log, steps=None):
    bakery, opt = setup["model"], setup["optimizer"]
    step = 0
    for _epoch in range(4):
        for x, sold in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](bakery(x), sold)
            loss.backward()
            opt.step()
            step += 1
            if step % 50 == 0:
                log(loss.item(), val_loss=error(setup))
            else:
                log(loss.item())
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    x, sold = setup["val"]
    return setup["loss_fn"](setup["model"](x), sold).item()
