"""Healthy: sharpness-aware minimisation; each step first climbs, takes the gradient there, and goes back.

Source: https://github.com/davda54/sam (how it is used; rebuilt in a few lines).
Nothing to mend: two backward passes a batch, weights that move and return, gradients that are cleared in between.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_g import tiles

FAMILY = "tiles-sam"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class SAM:
    def __init__(self, params, base, rho=0.05):
        self.params, self.base, self.rho, self.moved = list(params), base, rho, []

    @torch.no_grad()
    def climb(self):
        length = torch.stack([p.grad.norm() for p in self.params]).norm() + 1e-12
        self.moved = [self.rho * p.grad / length for p in self.params]
        for p, e in zip(self.params, self.moved, strict=True):
            p.add_(e)
        self.base.zero_grad()

    @torch.no_grad()
    def descend(self):
        for p, e in zip(self.params, self.moved, strict=True):
            p.sub_(e)
        self.base.step()
        self.base.zero_grad()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(
        nn.Conv2d(3, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(12, 16, 3, padding=1), nn.ReLU(),
        nn.Flatten(), nn.Dropout(0.2), nn.Linear(16 * 36, 5),
    )  # fmt: skip
    base = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9)
    return dict(model=model, optimizer=base, sam=SAM(model.parameters(), base), loss_fn=nn.CrossEntropyLoss(),
                train=DataLoader(TensorDataset(*tiles(1000, seed)), batch_size=40, shuffle=True),
                val=tiles(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, sam, criterion, n = setup["model"], setup["sam"], setup["loss_fn"], 0
    for _epoch in range(7):
        model.train()
        for image, kind in setup["train"]:
            loss = criterion(model(image), kind)
            loss.backward()
            sam.climb()
            criterion(model(image), kind).backward()
            sam.descend()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    image, kind = setup["val"]
    return (setup["model"].eval()(image).argmax(1) != kind).float().mean().item()
