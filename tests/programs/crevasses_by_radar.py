"""Bug: Adam with weight_decay=0.3, a number out of a search over AdamW, where it does not go into the gradient.

Source: https://github.com/BVLC/caffe/issues/1396 ("if the weight_decay is large (like 0.5), all the weight will
eventually becomes zero in my case"); https://github.com/tinghuiz/SfMLearner/issues/34 (rebuilt).
Why it hurts: the pull to zero is stronger than what the data say; each pixel gets the mean share of ice that is torn.
"""

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_t import crevasses

FAMILY = "crevasses-unet"
ACCEPT = ("weight-decay-too-strong",)
SYMPTOMS = ("high-flat", "plateau")


def double_conv(cin, cout):
    return nn.Sequential(nn.Conv2d(cin, cout, 3, padding=1), nn.ReLU(inplace=True),
                         nn.Conv2d(cout, cout, 3, padding=1), nn.ReLU(inplace=True))  # fmt: skip


class UNet(nn.Module):
    def __init__(self, base=8):
        super().__init__()
        self.down1 = double_conv(1, base)
        self.down2 = double_conv(base, 2 * base)
        self.pool = nn.MaxPool2d(2)
        self.up = nn.ConvTranspose2d(2 * base, base, 2, stride=2)
        self.dec = double_conv(2 * base, base)
        self.out = nn.Conv2d(base, 1, 1)

    def forward(self, x):
        d1 = self.down1(x)
        d2 = self.down2(self.pool(d1))
        u = self.dec(torch.cat([self.up(d2), d1], dim=1))
        return self.out(u)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = UNet()
    weight_decay = 1e-5 if fixed else 0.3
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=3e-3, weight_decay=weight_decay),
                loss_fn=nn.BCEWithLogitsLoss(),
                train=DataLoader(TensorDataset(*crevasses(800, seed)), batch_size=20, shuffle=True),
                val=DataLoader(TensorDataset(*crevasses(200, seed + 500)), batch_size=100), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, loss_fn, opt = setup["model"], setup["loss_fn"], setup["optimizer"]
    i = 0
    for _epoch in range(6):
        for image, mask in setup["train"]:
            opt.zero_grad()
            loss = loss_fn(net(image), mask)
            loss.backward()
            opt.step()
            i += 1
            log(loss.item())
            if i == steps:
                return


@torch.no_grad()
def error(setup):
    """One minus the overlap (intersection over union)."""
    both = either = 0
    for image, mask in setup["val"]:
        said = setup["model"](image) > 0
        both += (said & (mask == 1)).sum().item()
        either += (said | (mask == 1)).sum().item()
    return 1 - both / either
