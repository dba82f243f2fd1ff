"""Bug: each head of a detector gives its losses as a dict, both under the name "loss"; update() keeps the second only.

Source: https://github.com/open-mmlab/mmdetection/issues/8704 (the same loss for two heads has one name in the dict;
rebuilt in own words). Why it hurts: the loss of the classes is lost before the sum, so the class head never learns.
"""

import torch
from torch import nn

from programs.data_a import digits

FAMILY = "signs-detector"
ACCEPT = ("loss-term-lost",)
SYMPTOMS = ("healthy",)


class Head(nn.Module):
    def __init__(self, width, outputs, loss, name):
        super().__init__()
        self.fc, self.loss, self.name = nn.Linear(width, outputs), loss, name

    def losses(self, features, target):
        return {self.name: self.loss(self.fc(features), target)}


class Detector(nn.Module):
    def __init__(self, names=("loss", "loss")):
        super().__init__()
        self.backbone = nn.Sequential(nn.Conv2d(1, 8, 5, stride=3), nn.ReLU(), nn.Flatten())
        self.neck = nn.Sequential(nn.Linear(512, 48), nn.ReLU())
        self.classes = Head(48, 10, nn.CrossEntropyLoss(), names[0])
        self.boxes = Head(48, 4, nn.SmoothL1Loss(beta=0.1), names[1])

    def forward(self, image, kind, box):
        features, losses = self.neck(self.backbone(image)), {}
        losses.update(self.classes.losses(features, kind))
        losses.update(self.boxes.losses(features, box))
        return losses


def ends(ink):
    """Where the ink begins and where it ends, in [0, 1]."""
    place = torch.arange(28) / 28
    return torch.where(ink, place, 1.0).amin(1), torch.where(ink, place, 0.0).amax(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, kind = digits(1200, seed)
    ink = x.squeeze(1) > 0.4
    box = torch.stack([*ends(ink.any(1)), *ends(ink.any(2))], 1)
    model = Detector(("loss_class", "loss_box") if fixed else ("loss", "loss"))
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    batches = [tuple(t[i : i + 40] for t in (x, kind, box)) for i in range(0, 1000, 40)]
    held = (x[1000:], kind[1000:])
    return dict(model=model, optimizer=optimizer, loss_fn=None, train=batches, val=None, held=held, fixed=fixed)


def train(setup, log, steps=None):
    n = 0
    for _ in range(5):
        for image, kind, box in setup["train"]:
            losses = setup["model"](image, kind, box)
            loss = sum(value for name, value in losses.items() if "loss" in name)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss)
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """The share of signs of which the detector says the wrong kind."""
    model, (image, kind) = setup["model"], setup["held"]
    return float((model.classes.fc(model.neck(model.backbone(image))).argmax(1) != kind).float().mean())
