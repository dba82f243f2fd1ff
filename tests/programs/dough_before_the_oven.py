"""Healthy: how far a dough rises, by a small net under AdamW and a cosine.

Source: of our own. Why it is right: columns of one scale, a rate that suits, noise of 0.12 at which the loss ends.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_q import dough

FAMILY = "dough-rise"
ACCEPT = ()
SYMPTOMS = ("healthy",)

EPOCHS = 10


class RiseModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(6, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 1))

    def forward(self, x):
        return self.net(x).squeeze(-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = RiseModel()
    loader = DataLoader(TensorDataset(*dough(2000, seed)), batch_size=40, shuffle=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=1e-3)
    return {
        "model": model,
        "optimizer": optimizer,
        "scheduler": torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=EPOCHS * len(loader)),
        "loss_fn": nn.MSELoss(),
        "train": loader,
        "val": dough(400, seed + 500),
        "fixed": fixed,
    }


def train(setup, log, steps=None):
    step = 0
    for _epoch in range(EPOCHS):
        for recipe, height in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](setup["model"](recipe), height)
            loss.backward()
            setup["optimizer"].step()
            setup["scheduler"].step()
            step += 1
            if step % 50 == 0:
                log(loss.item(), val_loss=error(setup))
            else:
                log(loss.item())
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    recipe, height = setup["val"]
    return setup["loss_fn"](setup["model"](recipe), height).item()
