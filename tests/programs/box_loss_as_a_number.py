"""Bug: the loss of the boxes is added as .item(), a number, to the loss of the classes.

Source: https://github.com/jeremyfix/deeplearning-lectures/issues/14 (which of the summed losses are trained, the ones
added with .item() or the others; rebuilt). Why it hurts: the head of the boxes gets no gradient; its part of the sum
stays.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import shapes

FAMILY = "shapes-detector"
ACCEPT = ("loss-term-lost", "graph-detached", "parameters-not-optimized")
SYMPTOMS = ("plateau", "high-flat")


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(1, 12, 5, stride=2), nn.ReLU(), nn.Conv2d(12, 16, 3, stride=2), nn.ReLU(), nn.Flatten()
        )
        self.classes = nn.Linear(16 * 16, 2)
        self.boxes = nn.Sequential(nn.Linear(16 * 16, 64), nn.ReLU(), nn.Linear(64, 4))

    def forward(self, x):
        h = self.backbone(x)
        return self.classes(h), self.boxes(h)


class DetectionLoss(nn.Module):
    def __init__(self, box_weight, fixed):
        super().__init__()
        self.box_weight, self.fixed = box_weight, fixed

    def forward(self, out, kind, box):
        logits, predicted = out
        class_loss = F.cross_entropy(logits, kind)
        box_loss = self.box_weight * F.smooth_l1_loss(predicted, box, beta=0.1)
        if self.fixed:
            return class_loss + box_loss
        return class_loss + box_loss.item()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, mask, box = shapes(1200, seed)
    data = TensorDataset(x, mask.flatten(1).amax(1) - 1, box)
    model = Detector()
    setup = dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=1e-3), val=None, fixed=fixed)
    return setup | dict(loss_fn=DetectionLoss(10.0, fixed), train=DataLoader(data, batch_size=24, shuffle=True))


def train(setup, log, steps=None):
    model, opt, criterion, n = setup["model"], setup["optimizer"], setup["loss_fn"], 0
    for _epoch in range(6):
        for image, kind, box in setup["train"]:
            loss = criterion(model(image), kind, box)
            opt.zero_grad()
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return
