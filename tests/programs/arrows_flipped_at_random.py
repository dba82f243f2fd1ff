"""Bug: the list of augmentations was copied from a net for animals, and it mirrors signs that tell where to go.

Source: https://github.com/open-mmlab/mmaction2/issues/590 (with directional labels such as "push left" a flip cannot be
applied; rebuilt). Why it hurts: half of the arrows to the left are labelled as arrows to the right; the net can only
learn whether an arrow lies or stands.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_e import arrows

FAMILY = "signposts-cnn"
ACCEPT = ("augmentation-too-strong", "noisy-labels")
SYMPTOMS = ("plateau", "slow", "high-flat")


class Compose:
    def __init__(self, *transforms):
        self.transforms = transforms

    def __call__(self, x):
        for transform in self.transforms:
            x = transform(x)
        return x


def random_flip(dim):
    return lambda x: x.flip(dim) if torch.rand(()) < 0.5 else x


def random_light(x):
    return x * (0.8 + 0.4 * torch.rand(()))


class Signs(Dataset):
    def __init__(self, n, seed, transform=None):
        self.pictures, self.ways, _ = arrows(n, seed)
        self.transform = transform

    def __len__(self):
        return len(self.ways)

    def __getitem__(self, i):
        x = self.pictures[i]
        return (self.transform(x) if self.transform else x), self.ways[i]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    flips = [] if fixed else [random_flip(-1), random_flip(-2)]
    layers = [nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 24, 3, padding=1), nn.ReLU()]
    model = nn.Sequential(*layers, nn.AdaptiveMaxPool2d(2), nn.Flatten(), nn.Linear(96, 4))
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3)
    train_set = Signs(1500, seed, Compose(random_light, *flips))
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), fixed=fixed,
                train=DataLoader(train_set, batch_size=50, shuffle=True),
                val=DataLoader(Signs(300, seed + 50), batch_size=100))  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(8):
        for x, y in setup["train"]:
            loss = setup["loss_fn"](model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    return sum((setup["model"](x).argmax(1) != y).float().mean() for x, y in setup["val"]) / len(setup["val"])
