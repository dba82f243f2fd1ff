"""Bug: rides with a missing number are dropped from the inputs, but their fares stay in the list of targets.

Source: https://github.com/ContinuumIO/elm/pull/170 (a step drops the rows with NaN from X and not from y; rebuilt; here
the end of the longer list is cut, so that no error is raised). Why it hurts: from the first dropped ride on, each
ride has the fare of another one; the net can only learn the mean fare.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_e import fares

FAMILY = "taxi-fares"
ACCEPT = ("labels-misaligned",)
SYMPTOMS = ("high-flat", "plateau", "slow")


class Rides(Dataset):
    def __init__(self, rides, fares):
        known = ~rides.isnan().any(1)
        self.rides, self.fares = rides[known], fares
        self.center, self.spread = self.rides.mean(0), self.rides.std(0)

    def __len__(self):
        return len(self.rides)

    def __getitem__(self, i):
        ride = (self.rides[i] - self.center) / self.spread
        return torch.cat([ride, ride[:2] - ride[2:4]]), (self.fares[i] - 20.0) / 12.0


def build(seed, fixed=False):
    torch.manual_seed(seed)
    rides, fare = fares(1600, seed)
    if fixed:
        fare = fare[~rides.isnan().any(1)]
    model = nn.Sequential(nn.Linear(8, 64), nn.GELU(), nn.Linear(64, 64), nn.GELU(), nn.Linear(64, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.SmoothL1Loss(), fixed=fixed, val=None,
                train=DataLoader(Rides(rides, fare), batch_size=48, shuffle=True))  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 6e-3, epochs=8, steps_per_epoch=len(setup["train"]))
    for n, (ride, fare) in enumerate((batch for _ in range(8) for batch in setup["train"]), start=1):
        prediction = model(ride).squeeze(-1)
        loss = setup["loss_fn"](prediction, fare)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        log(loss)
        if n == steps:
            return
