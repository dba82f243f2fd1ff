"""Bug: the loader has shuffle=False, and the file lists one kind of goose after the other.

Source: https://github.com/Deci-AI/super-gradients/issues/416 ("makes NN see only examples of a single class which
quickly throws it out of the minima"; rebuilt). Why it hurts: for twenty steps there is one answer
only; the net learns it and forgets the others, and jumps when the next kind begins.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_o import pictures

FAMILY = "geese-cnn"
ACCEPT = ("data-not-shuffled",)
SYMPTOMS = ("oscillating", "spiking", "high-flat", "plateau", "too-good")


class Geese(Dataset):
    def __init__(self, n, seed):
        self.images, self.kind = pictures(n, seed, 13)
        order = self.kind.argsort(stable=True)
        self.images, self.kind = self.images[order], self.kind[order]

    def __len__(self):
        return len(self.kind)

    def __getitem__(self, i):
        return self.images[i], self.kind[i]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Conv2d(1, 12, 5), nn.ReLU(), nn.Conv2d(12, 16, 3), nn.ReLU(), nn.AdaptiveMaxPool2d(1),
                        nn.Flatten(), nn.Linear(16, 4))  # fmt: skip
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=4e-3), loss_fn=nn.CrossEntropyLoss(),
                train=DataLoader(Geese(1280, seed), batch_size=16, shuffle=fixed),
                val=DataLoader(Geese(320, seed + 500), batch_size=320), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    step = 0
    for _epoch in range(5):
        for image, kind in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](setup["model"](image), kind)
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            step += 1
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    return sum(setup["loss_fn"](setup["model"](image), kind).item() for image, kind in setup["val"])
