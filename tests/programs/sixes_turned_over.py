"""Bug: "to have more data" the digits are turned by 180 degrees at random and have parts painted over.

Source: https://github.com/AlexeyAB/darknet/issues/2825 ("data that should not be flipped or rotated");
https://github.com/open-mmlab/mmaction2/issues/590 (flips where the label has a direction; rebuilt).
Why it hurts: a six turned over is a nine; that and two wide black bars leave a good part of the loss for ever.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_m import small_digits

FAMILY = "digits-turned"
ACCEPT = ("augmentation-too-strong",)
SYMPTOMS = ("plateau", "slow", "oscillating", "high-flat")


class Compose:
    def __init__(self, *transforms):
        self.transforms = transforms

    def __call__(self, pictures):
        for transform in self.transforms:
            pictures = transform(pictures)
        return pictures


def turn_over(pictures):
    chosen = torch.rand(len(pictures), 1, 1, 1) < 0.5
    return torch.where(chosen, pictures.flip(2, 3), pictures)


def paint_bars(pictures, wide=4):
    for dim in (2, 3):
        shape = [len(pictures), 1, 1, 1]
        start = torch.randint(1, 14 - wide, shape)
        at = torch.arange(14).view([14 if i == dim else 1 for i in range(4)])
        pictures = pictures * ~((at >= start) & (at < start + wide))
    return pictures


def shift(pictures):
    row, col = torch.randint(-1, 2, (2,)).tolist()
    return pictures.roll((row, col), dims=(2, 3))


def convnet():
    body = [nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(12, 24, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*body, nn.MaxPool2d(2), nn.Flatten(), nn.Linear(216, 64), nn.ReLU(), nn.Linear(64, 10))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net, transform = convnet(), Compose(shift) if fixed else Compose(shift, turn_over, paint_bars)
    loader = DataLoader(TensorDataset(*small_digits(2000, seed)), batch_size=50, shuffle=True)
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=3e-3), loss_fn=nn.CrossEntropyLoss(),
                train=loader, val=None, transform=transform, test=small_digits(500, seed + 500, train=False),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(7):
        for pictures, digit in setup["train"]:
            loss = setup["loss_fn"](setup["model"](setup["transform"](pictures)), digit)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    pictures, digit = setup["test"]
    return setup["loss_fn"](setup["model"](pictures), digit).item()
