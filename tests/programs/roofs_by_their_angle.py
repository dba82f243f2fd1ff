"""Bug: the loss is the angle between two unit vectors, acos of their product.

Source: https://github.com/pytorch/pytorch/issues/61810 ("AcosBackward actually only works in the range (-1, 1), i.e. it
cannot handle values that are exactly -1 or 1"); https://github.com/pytorch/pytorch/issues/8069 (rebuilt).
Why it hurts: for a flat roof the answer is exactly right, the product 1; the slope of acos is infinite, times 0 NaN.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_m import slopes

FAMILY = "slopes-normals"
ACCEPT = ("undefined-operation",)
SYMPTOMS = ("non-finite",)


class NormalNet(nn.Module):
    """Predicts how far the roof leans from flat; a flat one needs no correction."""

    def __init__(self, cells=36):
        super().__init__()
        self.lean = nn.Sequential(nn.Linear(cells, 48, bias=False), nn.Tanh(), nn.Linear(48, 3, bias=False))
        self.register_buffer("up", torch.tensor([0.0, 0.0, 1.0]))

    def forward(self, height):
        return F.normalize(self.up + self.lean(height), dim=1)


class AngleLoss(nn.Module):
    def __init__(self, eps=0.0):
        super().__init__()
        self.eps = eps

    def forward(self, predicted, true):
        cosine = (predicted * true).sum(1)
        if self.eps:
            cosine = cosine.clamp(-1 + self.eps, 1 - self.eps)
        return torch.acos(cosine).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = NormalNet()
    optimizer, angle = torch.optim.Adam(net.parameters(), lr=2e-3), AngleLoss(eps=1e-6 if fixed else 0.0)
    return dict(model=net, optimizer=optimizer, loss_fn=angle, train=slopes(1280, seed), val=None, fixed=fixed)


def train(setup, log, steps=None):
    height, normal = setup["train"]
    net, opt, angle = setup["model"], setup["optimizer"], setup["loss_fn"]
    count = 0
    for _epoch in range(8):
        for index in torch.randperm(len(height)).split(32):
            opt.zero_grad(set_to_none=True)
            loss = angle(net(height[index]), normal[index])
            loss.backward()
            opt.step()
            count += 1
            log(loss.item())
            if count == steps:
                return
