"""Bug: a strong change of colours is among the augmentations, and the colour is what tells ripe from green.

Source: https://github.com/ultralytics/ultralytics/issues/19815 ("image still gets unwanted colors and the model looses
important information [...] important for color Dependant classification tasks"; rebuilt: the channels change places).
Why it hurts: after it a red tomato and a green one are the same picture.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_k import tomatoes

FAMILY = "tomatoes-ripe"
ACCEPT = ("augmentation-too-strong",)
SYMPTOMS = ("high-flat", "plateau", "slow")


class Flip:
    def __call__(self, picture):
        return picture.flip(-1) if torch.rand(()) < 0.5 else picture


class Channels:
    def __call__(self, picture):
        return picture[torch.randperm(3)]


class Harvest(Dataset):
    def __init__(self, count, seed, transforms):
        self.pictures, self.states = tomatoes(count, seed)
        self.transforms = transforms

    def __len__(self):
        return len(self.states)

    def __getitem__(self, i):
        picture = self.pictures[i]
        for transform in self.transforms:
            picture = transform(picture)
        return picture, self.states[i]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 24, 3), nn.ReLU(),
                        nn.Flatten(), nn.Linear(96, 3))  # fmt: skip
    transforms = [Flip()] if fixed else [Flip(), Channels()]
    return dict(model=net, optimizer=torch.optim.AdamW(net.parameters(), lr=1e-3), loss_fn=nn.CrossEntropyLoss(),
                train=DataLoader(Harvest(900, seed, transforms), batch_size=30, shuffle=True),
                val=DataLoader(Harvest(300, seed + 500, []), batch_size=300), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(8):
        for pictures, states in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](setup["model"](pictures), states)
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    pictures, states = next(iter(setup["val"]))
    return (setup["model"](pictures).argmax(1) != states).float().mean().item()
