"""Bug: SRCNN with the rate of the paper, 1e-4, and SGD; the paper trained for weeks, this runs for minutes.

Source: https://github.com/tegg89/SRCNN-Tensorflow/issues/24 ("loss drop limit during training, just 0.03% improve" -
"Use bigger learning rate for more drastic changes"; rebuilt).
Why it hurts: the filters hardly move from where they began.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_j import scenery

FAMILY = "scenery-srcnn"
ACCEPT = ("lr-too-low",)
SYMPTOMS = ("slow", "high-flat", "plateau")


class SRCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=5, padding=2)
        self.conv2 = nn.Conv2d(16, 8, kernel_size=1)
        self.conv3 = nn.Conv2d(8, 1, kernel_size=3, padding=1)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        return self.conv3(x)


def pairs(n, seed):
    sharp = scenery(n, seed)
    small = F.avg_pool2d(sharp, 2)
    return F.interpolate(small, scale_factor=2, mode="bicubic"), sharp


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = SRCNN()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.003) if fixed else torch.optim.SGD(net.parameters(), lr=0.0001)
    return dict(model=net, optimizer=optimizer, loss_fn=nn.MSELoss(), train=pairs(480, seed),
                val=pairs(80, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    blurred, sharp = setup["train"]
    n = 0
    while n < (steps or 300):
        for batch in torch.randperm(len(sharp)).split(16):
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](setup["model"](blurred[batch]), sharp[batch])
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            n += 1
            if n == (steps or 300):
                break


@torch.no_grad()
def error(setup):
    blurred, sharp = setup["val"]
    return F.mse_loss(setup["model"](blurred), sharp).item()
