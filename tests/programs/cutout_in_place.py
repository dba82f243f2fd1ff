"""Bug: the augmentation writes its hole into the stored picture, not into a copy.

Source: https://github.com/facebookresearch/pycls/pull/21 (the transforms changed the loaded data for good; rebuilt).
Why it hurts: with every epoch each picture has one hole more, until nothing of it is left.
"""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_a import digits

FAMILY = "digits-cutout"
ACCEPT = ("data-changed-in-place", "augmentation-too-strong")
SYMPTOMS = ("diverging", "plateau", "oscillating", "spiking")


class Cutout(Dataset):
    def __init__(self, images, labels, size=8, copy=False, seed=0):
        self.images, self.labels = images.numpy(), labels
        self.size, self.copy, self.rng = size, copy, np.random.default_rng(seed)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        image = self.images[index].copy() if self.copy else self.images[index]
        top, left = self.rng.integers(0, 28 - self.size, 2)
        image[:, top : top + self.size, left : left + self.size] = 0.0
        return torch.from_numpy(image), self.labels[index]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    images, labels = digits(400, seed)
    layers = [nn.Conv2d(1, 12, 5, stride=2), nn.ReLU(), nn.Conv2d(12, 24, 3, stride=2), nn.ReLU(), nn.Flatten()]
    model = nn.Sequential(*layers, nn.Linear(600, 10))
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    data = Cutout(images.clone(), labels, copy=fixed, seed=seed)
    setup = dict(model=model, optimizer=opt, loss_fn=nn.CrossEntropyLoss(), val=None, fixed=fixed)
    return setup | dict(train=DataLoader(data, batch_size=40, shuffle=True))


def train(setup, log, steps=None):
    model, opt, criterion, n = setup["model"], setup["optimizer"], setup["loss_fn"], 0
    for _epoch in range(30):
        for images, labels in setup["train"]:
            opt.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return
