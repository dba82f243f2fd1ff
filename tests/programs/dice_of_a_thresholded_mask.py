"""Bug: Dice is taken of the mask after a threshold; so that backward() runs at all, requires_grad is set on the result.

Source: https://github.com/qubvel-org/segmentation_models.pytorch/pull/611 (a threshold in the Dice loss, made to run
by a tensor with requires_grad=True). Why it hurts: a comparison has no slope, no weight gets a gradient, nothing
moves.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import shapes

FAMILY = "shapes-binary-segmentation"
ACCEPT = ("graph-detached",)
SYMPTOMS = ("high-flat",)


class DiceLoss(nn.Module):
    def __init__(self, threshold=None, smooth=1.0):
        super().__init__()
        self.threshold, self.smooth = threshold, smooth

    def forward(self, logits, mask):
        p = torch.sigmoid(logits).flatten(1)
        if self.threshold is not None:
            p = (p > self.threshold).float().requires_grad_()
        mask = mask.flatten(1)
        overlap = (p * mask).sum(1)
        return 1 - ((2 * overlap + self.smooth) / (p.sum(1) + mask.sum(1) + self.smooth)).mean()


def make_net():
    return nn.Sequential(
        nn.Conv2d(1, 12, 3, padding=1),
        nn.BatchNorm2d(12),
        nn.ReLU(),
        nn.Conv2d(12, 12, 3, padding=2, dilation=2),
        nn.ReLU(),
        nn.Conv2d(12, 1, 1),
    )


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, mask, _ = shapes(700, seed)
    model = make_net()
    return dict(
        model=model,
        optimizer=torch.optim.Adam(model.parameters(), lr=1e-2),
        loss_fn=DiceLoss(threshold=None if fixed else 0.5),
        train=DataLoader(TensorDataset(x, (mask > 0).float().unsqueeze(1)), batch_size=16, shuffle=True),
        val=None,
        fixed=fixed,
    )


def train(setup, log, steps=None):
    net, opt, criterion, n = setup["model"], setup["optimizer"], setup["loss_fn"], 0
    for _epoch in range(3):
        net.train()
        for images, masks in setup["train"]:
            opt.zero_grad()
            loss = criterion(net(images), masks)
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return
