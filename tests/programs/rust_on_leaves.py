"""Bug: the masks were exported as 0 and 1, and are divided by 255 as if they were 0 and 255: not one pixel is left.

Source: https://github.com/GeorgeSeif/Semantic-Segmentation-Suite/issues/89 ("Am I doing something wrong? Current_Loss =
0.0000": the labels; https://github.com/datvuthanh/HybridNets/issues/60 ("contains 0 and 1 or 0 and 255?"); rebuilt.
Why it hurts: all of the target is background; a net that always says no has no loss at all.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_n import rusty_leaves

FAMILY = "rust-leaf"
ACCEPT = ("degenerate-targets",)
SYMPTOMS = ("too-good", "healthy")


class Leaves(Dataset):
    def __init__(self, n, seed, levels):
        self.pictures, self.masks = rusty_leaves(n, seed)
        self.levels = levels

    def __len__(self):
        return len(self.pictures)

    def __getitem__(self, i):
        mask = (self.masks[i] // self.levels).float()
        return {"image": self.pictures[i], "mask": mask[None]}


def double(cin, cout):
    conv1, conv2 = nn.Conv2d(cin, cout, 3, padding=1), nn.Conv2d(cout, cout, 3, padding=1)
    return nn.Sequential(conv1, nn.BatchNorm2d(cout), nn.ReLU(), conv2, nn.BatchNorm2d(cout), nn.ReLU())


class TinyUNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down, self.bottom, self.up = double(1, 8), double(8, 16), double(24, 8)
        self.last = nn.Conv2d(8, 1, 1)

    def forward(self, x):
        a = self.down(x)
        b = self.bottom(nn.functional.max_pool2d(a, 2))
        b = nn.functional.interpolate(b, scale_factor=2)
        return self.last(self.up(torch.cat([a, b], 1)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    unet = TinyUNet()
    return dict(model=unet, optimizer=torch.optim.Adam(unet.parameters(), lr=6e-3), loss_fn=nn.BCEWithLogitsLoss(),
                train=DataLoader(Leaves(480, seed, 1 if fixed else 255), batch_size=16, shuffle=True), val=None,
                test=rusty_leaves(100, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    unet, n = setup["model"], 0
    for _epoch in range(5):
        for batch in setup["train"]:
            loss = setup["loss_fn"](unet(batch["image"]), batch["mask"])
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """One less the Dice score."""
    image, mask = setup["test"]
    setup["model"].eval()
    said = setup["model"](image)[:, 0] > 0
    setup["model"].train()
    both = (said & (mask > 0)).sum().item()
    return 1 - 2 * both / (said.sum().item() + mask.sum().item())
