"""Healthy: Barlow Twins on tiles; the loss is a sum over a matrix, begins above ten and ends well above zero.

Source: https://arxiv.org/abs/2103.03230 (rebuilt).
Nothing to mend: two noisy views of a tile never agree wholly; the neighbours in the code have the same pattern.
"""

import torch
from torch import nn

from programs.data_g import tiles

FAMILY = "tiles-redundancy"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class Twins(nn.Module):
    def __init__(self, code=32, lambd=0.02):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(3, 16, 5, padding=2), nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        )  # fmt: skip
        self.projector = nn.Sequential(
            nn.Linear(16, 48), nn.BatchNorm1d(48), nn.ReLU(), nn.Linear(48, code, bias=False)
        )
        self.bn, self.lambd = nn.BatchNorm1d(code, affine=False), lambd

    def forward(self, first, second):
        a, b = self.projector(self.backbone(first)), self.projector(self.backbone(second))
        c = self.bn(a).T @ self.bn(b) / len(a)
        on = (torch.diagonal(c) - 1).square().sum()
        off = c.square().sum() - torch.diagonal(c).square().sum()
        return on + self.lambd * off


def view(image, g):
    """Moved, brightened and with some more noise."""
    down, right = torch.randint(-3, 4, (2,), generator=g).tolist()
    light = 0.7 + 0.6 * torch.rand(len(image), 1, 1, 1, generator=g)
    return light * image.roll((down, right), (2, 3)) + 0.4 * torch.randn(image.shape, generator=g)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Twins()
    return dict(model=model, optimizer=torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-4), loss_fn=None,
                train=tiles(960, seed), val=tiles(300, seed + 500), g=torch.Generator().manual_seed(seed),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, g = setup["model"], setup["optimizer"], setup["g"]
    images, n = setup["train"][0], 0
    for _epoch in range(10):
        model.train()
        for rows in torch.randperm(len(images), generator=g).split(96):
            loss = model(view(images[rows], g), view(images[rows], g))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """The share of new tiles whose nearest neighbour in the code has another pattern."""
    net = setup["model"].eval().backbone
    (old, kinds), (new, truth) = setup["train"], setup["val"]
    a, b = nn.functional.normalize(net(new)), nn.functional.normalize(net(old))
    return (kinds[(a @ b.T).argmax(1)] != truth).float().mean().item()
