"""Bug: the bias that a detector's last layer needs for rare objects is set in all of its convolutions.

Source: https://github.com/andreaazzini/retinanet.pytorch/pull/1 and
https://github.com/kuangliu/pytorch-retinanet/issues/10 (only the output of the subnet takes the prior as its bias;
rebuilt). Why it hurts: -4.6 before each ReLU is far below all that arrives there; every unit is off for every
picture, and only the last bias learns.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_a import shapes

FAMILY = "shapes-centre-detector"
ACCEPT = ("dead-relu", "bad-init-scale")
SYMPTOMS = ("slow", "high-flat")


class CentreNet(nn.Module):
    """A heat map of 12 x 12 cells for each of two kinds."""

    def __init__(self, prior=0.01, every=True):
        super().__init__()
        self.tower = nn.Sequential(
            nn.Conv2d(1, 12, 5, stride=2, padding=2), nn.ReLU(), nn.Conv2d(12, 16, 3, padding=1), nn.ReLU()
        )
        self.head = nn.Conv2d(16, 2, 5, padding=2)
        bias = -math.log((1 - prior) / prior)
        for layer in self.modules() if every else [self.head]:
            if isinstance(layer, nn.Conv2d):
                nn.init.constant_(layer.bias, bias)

    def forward(self, x):
        return self.head(self.tower(x))


def focal_loss(logits, target, alpha=0.75, gamma=2.0):
    p = torch.sigmoid(logits)
    ce = F.binary_cross_entropy_with_logits(logits, target, reduction="none")
    p_t = p * target + (1 - p) * (1 - target)
    weight = alpha * target + (1 - alpha) * (1 - target)
    return (weight * (1 - p_t) ** gamma * ce).sum() / target.sum().clamp(min=1)


def batches(n, size, seed):
    x, mask, box = shapes(n, seed)
    cell = (box[:, :2] * 12).long().clamp(max=11)
    target = torch.zeros(n, 2, 12, 12)
    target[torch.arange(n), mask.flatten(1).amax(1) - 1, cell[:, 1], cell[:, 0]] = 1.0
    return list(zip(x.split(size), target.split(size), strict=True))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = CentreNet(every=not fixed)
    opt = torch.optim.AdamW(model.parameters(), lr=4e-3)
    return dict(model=model, optimizer=opt, loss_fn=focal_loss, train=batches(800, 20, seed), val=None, fixed=fixed)


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(5):
        for x, heat in setup["train"]:
            setup["optimizer"].zero_grad(set_to_none=True)
            loss = setup["loss_fn"](setup["model"](x), heat)
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return
