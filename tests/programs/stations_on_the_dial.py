"""Bug: what is heard is rolled along the dial by up to 32 places, as augmentation; where it stands is the answer.

Source: https://github.com/open-mmlab/mmaction2/issues/590 ("In some datasets, the label is directional [...] In this
case, the `flip` augmentation cannot be applied"; rebuilt). Why it hurts: rolled so far, the peak of one station stands
at the place of any other.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_q import dial

FAMILY = "radio-stations"
ACCEPT = ("augmentation-too-strong", "noisy-labels")
SYMPTOMS = ("high-flat", "plateau", "slow")


class RandomRoll:
    def __init__(self, places):
        self.places = places

    def __call__(self, x):
        shift = int(torch.randint(-self.places, self.places + 1, (1,)))
        return torch.roll(x, shift, dims=-1)


class Noise:
    def __init__(self, std):
        self.std = std

    def __call__(self, x):
        return x + self.std * torch.randn_like(x)


class DialDataset(Dataset):
    def __init__(self, n, seed, transforms=()):
        self.heard, self.station = dial(n, seed)
        self.transforms = transforms

    def __len__(self):
        return len(self.station)

    def __getitem__(self, i):
        x = self.heard[i]
        for transform in self.transforms:
            x = transform(x)
        return x, self.station[i]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Conv1d(1, 8, 5, padding=2), nn.ReLU(), nn.MaxPool1d(4), nn.Flatten(), nn.Linear(128, 32), nn.ReLU(),
        nn.Linear(32, 6),
    )  # fmt: skip
    transforms = [RandomRoll(1 if fixed else 32), Noise(0.05)]
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=2e-3), loss_fn=nn.CrossEntropyLoss(),
                train=DataLoader(DialDataset(1200, seed, transforms), batch_size=30, shuffle=True),
                val=dial(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, n = setup["model"], 0
    for _epoch in range(8):
        for x, y in setup["train"]:
            loss = setup["loss_fn"](net(x), y)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return (setup["model"](x).argmax(1) != y).float().mean().item()
