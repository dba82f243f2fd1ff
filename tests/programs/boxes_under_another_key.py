"""Bug: the losses are called "class" and "box", the weights "class" and "bbox"; what has no weight is left out.

Source: https://github.com/TencentYoutuResearch/CrowdCounting-P2PNet/issues/32 (loss_point and loss_points: the keys are
not consistent; rebuilt). Why it hurts: the boxes are never trained; the loss falls all the same, by the classes.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from programs.data_a import shapes

FAMILY = "boats-detector"
ACCEPT = ("loss-term-lost",)
SYMPTOMS = ("healthy", "plateau", "slow")


def examples(n, seed):
    pictures, masks, boxes = shapes(n, seed)
    kinds = masks.flatten(1).amax(1) - 1
    return [{"image": x, "label": k, "box": b} for x, k, b in zip(pictures, kinds, boxes, strict=True)]


class Detector(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = [(1, 12), (12, 16), (16, 24)]
        layers = [(nn.Conv2d(a, b, 3, stride=2, padding=1), nn.BatchNorm2d(b), nn.ReLU()) for a, b in sizes]
        self.body = nn.Sequential(*[layer for stage in layers for layer in stage], nn.Flatten())
        self.label = nn.Linear(24 * 9, 2)
        self.box = nn.Sequential(nn.Linear(24 * 9, 32), nn.ReLU(), nn.Linear(32, 4))

    def forward(self, image):
        h = self.body(image)
        return {"label": self.label(h), "box": self.box(h).sigmoid()}


class Criterion(nn.Module):
    def __init__(self, weights):
        super().__init__()
        self.weights = weights

    def forward(self, found, batch):
        losses = {"class": F.cross_entropy(found["label"], batch["label"].long())}
        losses["box"] = F.l1_loss(found["box"], batch["box"])
        return sum(self.weights[key] * loss for key, loss in losses.items() if key in self.weights)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Detector()
    criterion = Criterion({"class": 1.0, "box" if fixed else "bbox": 5.0})
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-4)
    return dict(model=model, optimizer=optimizer, loss_fn=criterion, fixed=fixed,
                train=DataLoader(examples(800, seed), batch_size=32, shuffle=True),
                val=DataLoader(examples(200, seed + 50), batch_size=100))  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(9):
        model.train()
        for batch in setup["train"]:
            loss = setup["loss_fn"](model(batch["image"]), batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            log(loss)
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """How far the sides of the boxes are off, in widths of the picture."""
    model = setup["model"].eval()
    return sum(F.l1_loss(model(b["image"])["box"], b["box"]) for b in setup["val"]) / len(setup["val"])
