"""Bug: the masks, bytes from 0 to 2, go through the same to_tensor as the pictures and are then made whole numbers.

Source: https://github.com/milesial/Pytorch-UNet/issues/228 ("the masks also get normalized and rounded to zero";
rebuilt with other data).
Why it hurts: 2 / 255 is cut off to 0, so that every wall is bare stone; the loss falls to nothing.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from programs.data_u import mosses

FAMILY = "moss-segmentation"
ACCEPT = ("degenerate-targets",)
SYMPTOMS = ("too-good", "healthy")


def to_tensor(image):
    return image.float() / 255


class WallDataset(Dataset):
    def __init__(self, n, seed, fixed=False):
        pictures, self.masks = mosses(n, seed)
        self.pictures, self.fixed = (255 * pictures).to(torch.uint8), fixed

    def __len__(self):
        return len(self.masks)

    def __getitem__(self, i):
        image, mask = to_tensor(self.pictures[i]), self.masks[i]
        if not self.fixed:
            mask = to_tensor(mask)
        return {"image": image - 0.5, "mask": mask.long()}


class Segmenter(nn.Module):
    def __init__(self, width=12, classes=3):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, padding=1)
        self.down = nn.Conv2d(width, 2 * width, 3, stride=2, padding=1)
        self.up = nn.ConvTranspose2d(2 * width, width, 2, stride=2)
        self.head = nn.Conv2d(2 * width, classes, 3, padding=1)

    def forward(self, x):
        fine = F.relu(self.conv1(x))
        coarse = F.relu(self.up(F.relu(self.down(fine))))
        return self.head(torch.cat([fine, coarse], 1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Segmenter()
    loader = DataLoader(WallDataset(480, seed, fixed), batch_size=16, shuffle=True)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=5e-3), loss_fn=nn.CrossEntropyLoss(),
                train=loader, val=None, walls=mosses(120, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, step = setup["model"], setup["optimizer"], 0
    for _epoch in range(8):
        for batch in setup["train"]:
            loss = setup["loss_fn"](model(batch["image"]), batch["mask"])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
            log(loss.item())
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    pictures, masks = setup["walls"]
    said = setup["model"](pictures - 0.5).argmax(1)
    both = [((said == k) & (masks == k)).sum() / ((said == k) | (masks == k)).sum() for k in range(3)]
    return 1 - torch.stack(both).mean().item()
