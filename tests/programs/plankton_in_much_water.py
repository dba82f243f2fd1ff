"""Bug: a dense detector with 98 cells of water for two of a creature, and plain cross entropy over all of them.

Source: https://github.com/rykov8/ssd_keras/issues/5 ("classification is biased towards the background class";
rebuilt, there cured by hard negative mining, here by weights).
Why it hurts: "water everywhere" has a loss of 0.12 and is learned at once; the creatures give little slope.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_m import plankton

FAMILY = "plankton-cells"
ACCEPT = ("class-imbalance",)
SYMPTOMS = ("plateau", "high-flat", "slow")


class DenseDetector(nn.Module):
    def __init__(self, width=12, kinds=2):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(width, width, 2, stride=2),
            nn.ReLU(inplace=True),
        )
        self.cls_head = nn.Conv2d(width, 1 + kinds, 1)

    def forward(self, images):
        return {"cls": self.cls_head(self.backbone(images))}


class DetectionLoss(nn.Module):
    def __init__(self, weights=None):
        super().__init__()
        self.ce = nn.CrossEntropyLoss(weight=weights)

    def forward(self, outputs, targets):
        return self.ce(outputs["cls"], targets)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    detector = DenseDetector()
    weights = torch.tensor([0.02, 1.0, 1.0]) if fixed else None
    loader = DataLoader(TensorDataset(*plankton(640, seed)), batch_size=16, shuffle=True)
    optimizer = torch.optim.SGD(detector.parameters(), lr=0.02, momentum=0.9, weight_decay=1e-4)
    return dict(model=detector, optimizer=optimizer, loss_fn=DetectionLoss(weights), train=loader, val=None,
                test=plankton(200, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    iteration = 0
    for _epoch in range(6):
        for images, targets in setup["train"]:
            losses = setup["loss_fn"](setup["model"](images), targets)
            setup["optimizer"].zero_grad()
            losses.backward()
            setup["optimizer"].step()
            iteration += 1
            log(losses.item())
            if iteration == steps:
                return


@torch.no_grad()
def error(setup):
    """The share of the creatures that are missed or taken for the other kind."""
    images, targets = setup["test"]
    found = setup["model"](images)["cls"].argmax(1)
    return (found[targets > 0] != targets[targets > 0]).float().mean().item()
