"""Healthy: only triplets that still violate the margin are averaged, so that the loss hardly falls.

Source: https://github.com/omoindrot/tensorflow-triplet-loss/issues/6 (totally normal that the loss does not
decrease). Nothing to mend: the number of such triplets falls; those that are left are as hard as before.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_a import digits

FAMILY = "digits-triplets"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "high-flat", "slow")


class Embedding(nn.Module):
    def __init__(self, dim=16):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(1, 8, 5, 2), nn.ReLU(), nn.Conv2d(8, 16, 3, 2), nn.ReLU(), nn.Flatten())
        self.fc = nn.Linear(400, dim)

    def forward(self, x):
        return F.normalize(self.fc(self.conv(x)), dim=1)


def batch_all(z, y, margin=0.3):
    squared = (2 - 2 * z @ z.T).clamp(min=0)
    same = y[:, None] == y[None, :]
    positive, negative = same & ~torch.eye(len(y), dtype=torch.bool), ~same
    loss = squared[:, :, None] - squared[:, None, :] + margin
    active = (loss > 0) & positive[:, :, None] & negative[:, None, :]
    return (loss * active).sum() / active.sum().clamp(min=1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Embedding()
    x, y = digits(1600, seed)
    batches = list(zip(x.split(32), y.split(32), strict=True))
    opt = torch.optim.Adam(model.parameters(), lr=1e-3)
    setup = dict(model=model, optimizer=opt, loss_fn=batch_all, train=batches, val=None, fixed=fixed)
    return setup | dict(gallery=(x[:600], y[:600]), queries=digits(300, seed, train=False))


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(5):
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """How often the nearest picture of the gallery is another digit."""
    (x, y), (a, b) = setup["gallery"], setup["queries"]
    nearest = (setup["model"](a) @ setup["model"](x).T).argmax(1)
    return float((y[nearest] != b).float().mean())
