"""Bug: faint cracks fill one pixel in fifty, and the loss counts every pixel of the wall alike.

Source: https://github.com/jakeret/tf_unet/issues/234 ("Network always predicts no mask [...] because the network
achieves a high enough accuracy doing so"; rebuilt).
Why it hurts: "no crack" is right for 98 pixels in 100, and no pixel gets a probability above one half.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_g import walls

FAMILY = "cracks-fcn"
ACCEPT = ("class-imbalance",)
SYMPTOMS = ("plateau", "high-flat", "slow", "healthy")


def fcn(width=10):
    layers = [nn.Conv2d(1, width, 5, padding=2), nn.BatchNorm2d(width), nn.ReLU()]
    for dilation in (1, 2):
        layers += [nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation), nn.BatchNorm2d(width), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(width, 1, 1))


def iou(logits, mask):
    found, there = logits > 0, mask > 0.5
    return ((found & there).sum() / (found | there).sum().clamp(min=1)).item()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = fcn()
    weight = torch.tensor(12.0) if fixed else None
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), fixed=fixed,
                loss_fn=nn.BCEWithLogitsLoss(pos_weight=weight),
                train=DataLoader(TensorDataset(*walls(480, seed)), batch_size=24, shuffle=True),
                val=walls(120, seed + 500))  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    n, best = 0, 0.0
    for _epoch in range(8):
        model.train()
        for image, mask in setup["train"]:
            pred = model(image)
            loss = criterion(pred, mask)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
        model.eval()
        with torch.no_grad():
            best = max(best, iou(model(setup["val"][0]), setup["val"][1]))


@torch.no_grad()
def error(setup):
    image, mask = setup["val"]
    return 1 - iou(setup["model"].eval()(image), mask)
