"""Bug: reduction="sum" in a program whose rate was chosen for a mean.

Source: https://github.com/HowieMa/NSRMhand/issues/6 (a summed MSE of key points must be divided by its number of
elements; rebuilt). Why it hurts: the gradient is as many times larger as there are numbers in a batch, here 256.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import shapes

FAMILY = "shapes-key-points"
ACCEPT = ("sum-reduction", "lr-too-high")
SYMPTOMS = ("non-finite", "diverging")


class KeyPoints(nn.Module):
    """The four corners of the box, as eight numbers less than 1."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 8, 5, 2), nn.ReLU(), nn.Conv2d(8, 16, 3, 2), nn.ReLU(), nn.Flatten())
        self.out = nn.Linear(256, 8)

    def forward(self, x):
        return self.out(self.features(x))


def corners(box):
    x, y, w, h = box.unbind(1)
    left, right, top, bottom = x - w / 2, x + w / 2, y - h / 2, y + h / 2
    return torch.stack([left, top, right, top, left, bottom, right, bottom], 1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, _, box = shapes(1280, seed)
    model = KeyPoints()
    opt = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    loss_fn = nn.MSELoss(reduction="mean" if fixed else "sum")
    loader = DataLoader(TensorDataset(x, corners(box)), batch_size=32, shuffle=True)
    return dict(model=model, optimizer=opt, loss_fn=loss_fn, train=loader, val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(5):
        for image, points in setup["train"]:
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(image), points)
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
