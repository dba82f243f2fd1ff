"""Bug: random crops keep the default scale of 0.08 to 1, on pictures whose object is small.

Source: https://github.com/pytorch/vision/issues/503 and https://github.com/fastai/fastai/pull/2466 (the object was
often not in the picture any more). Why it hurts: many of the pictures that are learnt show nothing.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from programs.data_a import digits

FAMILY = "digits-crops"
ACCEPT = ("augmentation-too-strong",)
SYMPTOMS = ("plateau", "slow", "high-flat")


class RandomResizedCrop:
    def __init__(self, size, scale=(0.08, 1.0)):
        self.size, self.scale = size, scale

    def __call__(self, image):
        low, high = self.scale
        side = int(image.shape[-1] * (low + (high - low) * torch.rand(()).item()) ** 0.5)
        top, left = torch.randint(0, image.shape[-1] - side + 1, (2,)).tolist()
        part = image[:, top : top + side, left : left + side]
        return F.interpolate(part[None], size=(self.size, self.size), mode="bilinear", align_corners=False)[0]


class OnACanvas(Dataset):
    """Digits somewhere on a canvas of 40 x 40."""

    def __init__(self, n, seed, transform):
        self.images, self.labels = digits(n, seed)
        self.corner = torch.randint(0, 13, (n, 2), generator=torch.Generator().manual_seed(seed))
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        canvas = torch.zeros(1, 40, 40)
        row, column = self.corner[i].tolist()
        canvas[:, row : row + 28, column : column + 28] = self.images[i]
        return self.transform(canvas), self.labels[i]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    transform = RandomResizedCrop(28, scale=(0.8, 1.0)) if fixed else RandomResizedCrop(28)
    conv = [nn.Conv2d(1, 12, 5, 2), nn.BatchNorm2d(12), nn.ReLU(), nn.Conv2d(12, 24, 3, 2), nn.BatchNorm2d(24)]
    model = nn.Sequential(*conv, nn.ReLU(), nn.Flatten(), nn.Linear(600, 10))
    opt = torch.optim.Adam(model.parameters(), lr=3e-3)
    setup = dict(model=model, optimizer=opt, loss_fn=nn.CrossEntropyLoss(), val=None, fixed=fixed)
    return setup | dict(train=DataLoader(OnACanvas(2000, seed, transform), batch_size=40, shuffle=True))


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(5):
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return
