"""Bug: the gain of the augmentation is applied with *= to a row of the array that the dataset keeps.

Source: https://github.com/facebookresearch/pycls/pull/21 ("performing data augmentation in place, causing each call to
__getitem__ [...] to modify the loaded dataset permanently"; rebuilt).
Why it hurts: the gains multiply from epoch to epoch, and the noise of the microphone is added each time; the
recordings are lost in it.
"""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_m import crickets

FAMILY = "crickets-loudness"
ACCEPT = ("data-changed-in-place",)
SYMPTOMS = ("diverging", "oscillating", "plateau", "slow", "high-flat")


class Recordings(Dataset):
    def __init__(self, n, seed, augment, copy):
        x, y = crickets(n, seed)
        self.x, self.y = x.numpy(), y.numpy()
        self.augment, self.copy = augment, copy
        self.rng = np.random.default_rng(seed)

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        sound = self.x[i].copy() if self.copy else self.x[i]
        if self.augment:
            sound *= np.float32(self.rng.uniform(0.5, 1.1))
            sound += self.rng.normal(0.0, 0.1, sound.shape).astype(np.float32)
        return torch.from_numpy(sound), int(self.y[i])


def make_net():
    return nn.Sequential(
        nn.Conv1d(1, 16, 7, padding=3),
        nn.ReLU(),
        nn.MaxPool1d(2),
        nn.Conv1d(16, 24, 5, padding=2),
        nn.ReLU(),
        nn.AdaptiveAvgPool1d(5),
        nn.Flatten(),
        nn.Linear(120, 4),
    )


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = make_net()
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=2e-3), loss_fn=nn.CrossEntropyLoss(),
                train=DataLoader(Recordings(640, seed, augment=True, copy=fixed), batch_size=32, shuffle=True),
                val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(16):
        for sound, kind in setup["train"]:
            loss = setup["loss_fn"](setup["model"](sound), kind)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            n += 1
            if n == steps:
                return
