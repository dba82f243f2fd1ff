"""Healthy: how far pianos are out of tune, as read by hand; two readings of one piano differ by more than a cent.

Source: of our own (a loss that "stops at 1.0", where the scatter of the readings alone has a variance of 1).
Why it is right: the net comes down from 1.5 to the floor in the first epochs; below it there is only noise to learn.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_p import pianos

FAMILY = "tuning-pianos"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "high-flat")

READING_VARIANCE = 1.0


class TuningNet(nn.Module):
    def __init__(self, width=24):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(5, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 1)
        )

    def forward(self, x):
        return self.layers(x).squeeze(-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = TuningNet()
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=1e-2)
    loader = DataLoader(TensorDataset(*pianos(8000, seed)), batch_size=100, shuffle=True)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 8e-3, total_steps=8 * len(loader))
    return dict(model=model, optimizer=optimizer, scheduler=scheduler, loss_fn=nn.MSELoss(), train=loader,
                val=pianos(2000, seed + 500), fixed=fixed)  # fmt: skip


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item() - READING_VARIANCE


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(8):
        for x, y in setup["train"]:
            loss = setup["loss_fn"](setup["model"](x), y)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            setup["scheduler"].step()
            n += 1
            if n % 80 == 0:
                log(loss.item(), val_loss=error(setup) + READING_VARIANCE)
            else:
                log(loss.item())
            if n == steps:
                return
