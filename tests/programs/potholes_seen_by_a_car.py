"""Healthy: a small U-Net marks the holes of a road, with batch norm, and is held to pictures that it has not seen.

Source: of our own, as the usual first U-Net.
Why it is right: logits into the loss that wants logits, train and eval switched where they belong, pictures shuffled.
"""

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_s import roads_with_holes

FAMILY = "potholes-unet"
ACCEPT = ()
SYMPTOMS = ("healthy",)


def double_conv(cin, cout):
    return nn.Sequential(
        nn.Conv2d(cin, cout, 3, padding=1, bias=False), nn.BatchNorm2d(cout), nn.ReLU(inplace=True),
        nn.Conv2d(cout, cout, 3, padding=1, bias=False), nn.BatchNorm2d(cout), nn.ReLU(inplace=True),
    )  # fmt: skip


class TinyUNet(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.down = double_conv(1, width)
        self.bottom = double_conv(width, 2 * width)
        self.up = nn.ConvTranspose2d(2 * width, width, 2, stride=2)
        self.join = double_conv(2 * width, width)
        self.out = nn.Conv2d(width, 1, 1)

    def forward(self, x):
        skip = self.down(x)
        deep = self.bottom(nn.functional.max_pool2d(skip, 2))
        return self.out(self.join(torch.cat([skip, self.up(deep)], dim=1)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    unet = TinyUNet()
    return {
        "model": unet,
        "optimizer": torch.optim.Adam(unet.parameters(), lr=4e-3),
        "loss_fn": nn.BCEWithLogitsLoss(),
        "train": DataLoader(TensorDataset(*roads_with_holes(800, seed)), batch_size=16, shuffle=True),
        "val": DataLoader(TensorDataset(*roads_with_holes(160, seed + 500)), batch_size=80),
        "fixed": fixed,
    }


def train(setup, log, steps=None):
    unet, optimizer, loss_fn = setup["model"], setup["optimizer"], setup["loss_fn"]
    seen = 0
    for _epoch in range(3):
        unet.train()
        for picture, holes in setup["train"]:
            optimizer.zero_grad()
            loss = loss_fn(unet(picture), holes)
            loss.backward()
            optimizer.step()
            seen += 1
            last = seen % len(setup["train"]) == 0
            log(loss.item(), **({"val_loss": error(setup)} if last else {}))
            if seen == steps:
                return


@torch.no_grad()
def error(setup):
    setup["model"].eval()
    losses = [setup["loss_fn"](setup["model"](picture), holes).item() for picture, holes in setup["val"]]
    return sum(losses) / len(losses)
