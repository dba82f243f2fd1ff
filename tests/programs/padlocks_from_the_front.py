"""Healthy: a small residual CNN on pictures of padlocks, SGD with Nesterov momentum and a cosine.

Source: of our own (no thread). Why it is right: usual parts at usual rates; the loss falls to a few hundredths, and the
held-out one with it.
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_n import padlocks

FAMILY = "padlocks-keyholes"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class Residual(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.a, self.b = nn.Conv2d(c, c, 3, padding=1, bias=False), nn.Conv2d(c, c, 3, padding=1, bias=False)
        self.na, self.nb = nn.GroupNorm(4, c), nn.GroupNorm(4, c)

    def forward(self, x):
        return F.relu(x + self.nb(self.b(F.relu(self.na(self.a(x))))))


class PadlockNet(nn.Module):
    def __init__(self, c=12):
        super().__init__()
        self.stem = nn.Conv2d(1, c, 3, stride=2, padding=1)
        self.body = nn.Sequential(Residual(c), nn.MaxPool2d(2), Residual(c))
        self.head = nn.Linear(c * 16, 4)

    def forward(self, x):
        return self.head(self.body(F.relu(self.stem(x))).flatten(1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = PadlockNet()
    loader = DataLoader(TensorDataset(*padlocks(1280, seed)), batch_size=32, shuffle=True)
    sgd = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=5e-4)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(sgd, T_max=7)
    return {"model": net, "optimizer": sgd, "scheduler": cosine, "loss_fn": F.cross_entropy, "train": loader,
            "val": padlocks(400, seed + 500), "fixed": fixed}  # fmt: skip


def train(setup, log, steps=None):
    net, sgd = setup["model"], setup["optimizer"]
    n = 0
    for _epoch in range(7):
        for image, keyhole in setup["train"]:
            loss = F.cross_entropy(net(image), keyhole)
            sgd.zero_grad()
            loss.backward()
            sgd.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
        setup["scheduler"].step()


@torch.no_grad()
def error(setup):
    image, keyhole = setup["val"]
    return (setup["model"](image).argmax(1) != keyhole).float().mean().item()
