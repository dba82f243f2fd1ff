"""Healthy: a one-stage detector; objectness over a grid, classes and boxes only where there is an object.

Source: https://github.com/jeremyfix/deeplearning-lectures/issues/20 (the parts of the loss of such a detector).
Nothing to mend: most cells are empty, and the loss of the boxes comes from one cell a picture.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from programs.data_a import shapes

FAMILY = "shapes-grid-detector"
ACCEPT = ()
SYMPTOMS = ("healthy",)
GRID = 6


class Scenes(Dataset):
    def __init__(self, n, seed):
        self.x, mask, self.boxes = shapes(n, seed)
        self.kinds = mask.flatten(1).amax(1) - 1

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        box = self.boxes[i]
        column, row = (box[:2] * GRID).long().clamp(max=GRID - 1).tolist()
        return self.x[i], {"cell": row * GRID + column, "box": box, "kind": self.kinds[i]}


class GridNet(nn.Module):
    def __init__(self):
        super().__init__()
        conv = [nn.Conv2d(1, 12, 3, 2, 1), nn.BatchNorm2d(12), nn.ReLU(), nn.Conv2d(12, 24, 3, 2, 1)]
        self.body = nn.Sequential(*conv, nn.BatchNorm2d(24), nn.ReLU(), nn.Conv2d(24, 24, 3, 1, 1), nn.ReLU())
        self.head = nn.Conv2d(24, 1 + 2 + 4, 1)

    def forward(self, x):
        return self.head(self.body(x)).flatten(2).transpose(1, 2)


def detection_loss(out, target):
    rows = torch.arange(len(out))
    there = F.one_hot(target["cell"], GRID * GRID).float()
    chosen = out[rows, target["cell"]]
    objectness = F.binary_cross_entropy_with_logits(out[:, :, 0], there, reduction="sum") / len(out)
    return objectness + F.cross_entropy(chosen[:, 1:3], target["kind"]) + 5 * F.l1_loss(chosen[:, 3:], target["box"])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = GridNet()
    opt = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, weight_decay=1e-4)
    loader = DataLoader(Scenes(800, seed), batch_size=20, shuffle=True)
    return dict(model=model, optimizer=opt, loss_fn=detection_loss, train=loader, val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(5):
        for x, target in setup["train"]:
            loss = setup["loss_fn"](model(x), target)
            opt.zero_grad()
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return
