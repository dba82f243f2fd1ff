"""Bug: the pictures are in the order of their numbers, the masks in that of sorted(): mask_1, mask_10, mask_100.

Source: https://github.com/advaitsave/Multiclass-Semantic-Segmentation-CamVid/issues/3 ("mask and
image not necessarily synchronized"; rebuilt). Why it hurts: nearly each picture is trained with another one's mask.
"""

import re

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_i import nuclei

FAMILY = "nuclei-kaggle"
ACCEPT = ("labels-misaligned",)
SYMPTOMS = ("high-flat", "plateau", "overfitting", "slow")


def number(name):
    return int(re.findall(r"\d+", name)[0])


class CellFolder(Dataset):
    def __init__(self, pictures, masks, order):
        self.pictures = {f"img_{i}.png": picture for i, picture in enumerate(pictures)}
        self.masks = {f"mask_{i}.png": mask for i, mask in enumerate(masks)}
        self.names = sorted(self.pictures, key=number)
        self.mask_names = sorted(self.masks, key=order)

    def __len__(self):
        return len(self.names)

    def __getitem__(self, i):
        return self.pictures[self.names[i]], self.masks[self.mask_names[i]]


def block(a, b):
    return nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(inplace=True))


class TinyUNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down, self.deep, self.up = block(1, 12), block(12, 24), block(36, 12)
        self.pool, self.grow, self.head = nn.MaxPool2d(2), nn.Upsample(scale_factor=2), nn.Conv2d(12, 1, 1)

    def forward(self, x):
        fine = self.down(x)
        coarse = self.grow(self.deep(self.pool(fine)))
        return self.head(self.up(torch.cat([fine, coarse], 1)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    data = CellFolder(*nuclei(480, seed), order=number if fixed else None)
    model = TinyUNet()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), loss_fn=nn.BCEWithLogitsLoss(),
                train=DataLoader(data, batch_size=16, shuffle=True), val=None, test=nuclei(100, seed + 500),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, done = setup["model"], 0
    for _epoch in range(6):
        for image, mask in setup["train"]:
            loss = setup["loss_fn"](model(image), mask)
            setup["optimizer"].zero_grad(set_to_none=True)
            loss.backward()
            setup["optimizer"].step()
            done += 1
            log(loss.item())
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    image, mask = setup["test"]
    return setup["loss_fn"](setup["model"].eval()(image), mask).item()
