"""Bug: the milestones of the schedule, 8 and 11, are epochs, and step() is called after each batch.

Source: https://github.com/Lornatang/SRGAN-PyTorch/issues/1 (the schedulers are called at each training step; rebuilt).
Why it hurts: in the middle of the first epoch the rate is a hundredth of what it was; the net stops as a beginner.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from programs.data_e import cells

FAMILY = "cells-segmenter"
ACCEPT = ("schedule-decays-too-early",)
SYMPTOMS = ("plateau", "slow", "high-flat")


def block(inputs, outputs):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.GroupNorm(4, outputs), nn.ReLU())


class SmallUNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down1, self.down2, self.up = block(1, 8), block(8, 16), block(24, 8)
        self.out = nn.Conv2d(8, 1, 1)

    def forward(self, x):
        first = self.down1(x)
        second = self.down2(F.max_pool2d(first, 2))
        wide = F.interpolate(second, scale_factor=2.0)
        return self.out(self.up(torch.cat([first, wide], dim=1)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = SmallUNet()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones=[8, 11], gamma=0.1)
    train_set, val_set = TensorDataset(*cells(320, seed)), TensorDataset(*cells(80, seed + 50))
    return dict(model=model, optimizer=optimizer, scheduler=scheduler, loss_fn=nn.BCEWithLogitsLoss(), fixed=fixed,
                train=DataLoader(train_set, batch_size=16, shuffle=True),
                val=DataLoader(val_set, batch_size=40))  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, scheduler = setup["model"], setup["optimizer"], setup["scheduler"]
    n = 0
    for _epoch in range(12):
        for picture, mask in setup["train"]:
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(picture), mask)
            loss.backward()
            optimizer.step()
            if not setup["fixed"]:
                scheduler.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
        if setup["fixed"]:
            scheduler.step()


@torch.no_grad()
def error(setup):
    """One minus the overlap of the masks."""
    both = either = 0.0
    for picture, mask in setup["val"]:
        found = setup["model"](picture) > 0
        both += (found & (mask > 0)).sum()
        either += (found | (mask > 0)).sum()
    return 1 - both / either
