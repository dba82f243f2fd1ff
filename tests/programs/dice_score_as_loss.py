"""Bug: the Dice score itself is minimised where one minus the score was meant.

Source: https://github.com/akirasosa/mobile-semantic-segmentation/issues/24 (answered: your loss is the dice
coefficient, not one minus it; rebuilt). Why it hurts: the loss falls to almost 0, as one hopes, while the net learns
to mark everything but the object.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_a import shapes

FAMILY = "shapes-unet"
ACCEPT = ("loss-sign-flipped",)
SYMPTOMS = ("healthy", "too-good")


def block(n_in, n_out):
    return nn.Sequential(nn.Conv2d(n_in, n_out, 3, padding=1), nn.GroupNorm(4, n_out), nn.ReLU())


class SmallUNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down1, self.down2, self.up = block(1, 8), block(8, 16), block(24, 8)
        self.out = nn.Conv2d(8, 1, 1)

    def forward(self, x):
        a = self.down1(x)
        b = self.down2(F.max_pool2d(a, 2))
        b = F.interpolate(b, scale_factor=2.0)
        return torch.sigmoid(self.out(self.up(torch.cat([a, b], 1))))


def dice(pred, target, smooth=1.0):
    overlap = (pred * target).sum((1, 2, 3))
    return ((2 * overlap + smooth) / (pred.sum((1, 2, 3)) + target.sum((1, 2, 3)) + smooth)).mean()


def dice_loss(pred, target):
    return dice(pred, target)


def repaired_dice_loss(pred, target):
    return 1 - dice(pred, target)


def load(n, seed):
    return (parts := shapes(n, seed))[0], (parts[1] > 0).float().unsqueeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, mask = load(640, seed)
    net = SmallUNet()
    setup = dict(model=net, optimizer=torch.optim.RMSprop(net.parameters(), lr=2e-3), fixed=fixed)
    setup |= dict(loss_fn=repaired_dice_loss if fixed else dice_loss, val=None, held_out=load(120, seed + 50))
    return setup | dict(train=list(zip(x.split(16), mask.split(16), strict=True)))


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(4):
        for image, mask in setup["train"]:
            loss = setup["loss_fn"](model(image), mask)
            opt.zero_grad()
            loss.backward()
            opt.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    image, mask = setup["held_out"]
    marked = setup["model"](image) > 0.5
    return 1 - float((marked & (mask > 0)).sum() / (marked | (mask > 0)).sum())
