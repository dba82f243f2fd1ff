"""Bug: the mask goes through the same transform as the picture, which divides by 255; long() then makes zeros of it.

Source: https://github.com/pytorch/vision/pull/2507 and https://github.com/pytorch/pytorch/issues/53959 (ToTensor is
not for masks; rebuilt). Why it hurts: every pixel is background; the loss falls to nothing and the net answers
"background".
"""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from programs.data_a import shapes

FAMILY = "shapes-segmentation"
ACCEPT = ("degenerate-targets",)
SYMPTOMS = ("too-good", "healthy")


def to_tensor(picture):
    """Bytes to floats in [0, 1]."""
    return torch.from_numpy(picture).float().div(255)


class ShapeMasks(Dataset):
    def __init__(self, n, seed, mask_transform=None):
        x, mask, _ = shapes(n, seed)
        self.pictures = (x.clamp(0, 1) * 255).byte().numpy()
        self.masks = mask.byte().numpy()
        self.mask_transform = mask_transform or to_tensor

    def __len__(self):
        return len(self.pictures)

    def __getitem__(self, i):
        return to_tensor(self.pictures[i]), self.mask_transform(self.masks[i]).long()


def indices(mask):
    return torch.from_numpy(mask.astype(np.int64))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    layers = [nn.Conv2d(1, 12, 5, padding=2), nn.ReLU(), nn.Conv2d(12, 16, 5, padding=4, dilation=2), nn.ReLU()]
    model = nn.Sequential(*layers, nn.Conv2d(16, 3, 1))
    data = ShapeMasks(480, seed, mask_transform=indices if fixed else None)
    opt = torch.optim.Adam(model.parameters(), lr=4e-3)
    setup = dict(model=model, optimizer=opt, loss_fn=F.cross_entropy, val=None, fixed=fixed)
    return setup | dict(train=DataLoader(data, batch_size=12, shuffle=True), truth=shapes(60, seed + 70))


def train(setup, log, steps=None):
    model, opt, loss_fn, n = setup["model"], setup["optimizer"], setup["loss_fn"], 0
    for _epoch in range(4):
        for picture, mask in setup["train"]:
            opt.zero_grad()
            loss = loss_fn(model(picture), mask)
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, mask, _ = setup["truth"]
    found = setup["model"](x.clamp(0, 1)).argmax(1) > 0
    return 1 - float((found & (mask > 0)).sum() / (found | (mask > 0)).sum())
