"""Bug: the pieces are turned over at random to have more of them; the masks are turned over by a draw of their own.

Source: https://github.com/lfz/DSB2017/issues/22 (the mask is flipped, the slice is not);
https://github.com/fastai/fastai/issues/245 (random transformations that do not respect the mask; rebuilt).
Why it hurts: of half the pieces the mask shows where the vein would be in a mirror.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_r import veins

FAMILY = "marble-masks"
ACCEPT = ("labels-misaligned", "noisy-labels")
SYMPTOMS = ("plateau", "high-flat", "slow")


class RandomFlip:
    """To and fro, left and right."""

    def __init__(self, p=0.5):
        self.p = p

    def __call__(self, *tensors):
        if torch.rand(()) < self.p:
            tensors = [t.flip(-1) for t in tensors]
        return tensors if len(tensors) > 1 else tensors[0]


class Marble(Dataset):
    def __init__(self, n, seed, together):
        self.images, self.masks = veins(n, seed)
        self.flip, self.together = RandomFlip(), together

    def __len__(self):
        return len(self.images)

    def __getitem__(self, i):
        image, mask = self.images[i], self.masks[i]
        if self.together:
            image, mask = self.flip(image, mask)
        else:
            image, mask = self.flip(image), self.flip(mask)
        return image, mask


def net(width=12):
    return nn.Sequential(
        nn.Conv2d(1, width, 5, padding=2), nn.ReLU(), nn.Conv2d(width, width, 3, padding=1), nn.ReLU(),
        nn.Conv2d(width, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, 1, 1),
    )  # fmt: skip


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = net()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=4e-3), loss_fn=nn.BCEWithLogitsLoss(),
                train=DataLoader(Marble(600, seed, fixed), batch_size=20, shuffle=True), val=veins(150, seed + 500),
                fixed=fixed)  # fmt: skip


@torch.no_grad()
def error(setup):
    image, mask = setup["val"]
    return setup["loss_fn"](setup["model"](image), mask).item()


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(7):
        for image, mask in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](setup["model"](image), mask)
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return
