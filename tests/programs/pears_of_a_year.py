"""Bug: the model gives (N, 1) and the yields are (N,): their difference, squared and averaged by hand, is (N, N).

Source: of our own; after the many threads about "Using a target size that is different to the input size" (a loss
written by hand gives no such warning).
Why it hurts: each answer is drawn to all yields of the batch; the best that it can be is their mean.
"""

import torch
from torch import nn

from programs.data_t import orchard

FAMILY = "orchard-mlp"
ACCEPT = ("broadcast-loss",)
SYMPTOMS = ("high-flat", "plateau")


def mse(pred, target):
    return ((pred - target) ** 2).mean()


class PearModel(nn.Module):
    def __init__(self, n_in=8, width=64):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(n_in, width),
            nn.GELU(),
            nn.Linear(width, width),
            nn.GELU(),
            nn.Linear(width, 1),
        )

    def forward(self, x):
        return self.layers(x)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = orchard(2000, seed)
    xv, yv = orchard(400, seed + 500)
    if fixed:
        y, yv = y[:, None], yv[:, None]
    model = PearModel()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), loss_fn=mse, train=(x, y),
                val=(xv, yv), accumulate=2, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    """Micro-batches of 25 trees, two of them to a step."""
    (x, y), k, n = setup["train"], setup["accumulate"], 0
    for _ in range(12):
        micro = torch.randperm(len(x)).split(25)
        for start in range(0, len(micro), k):
            total = 0.0
            setup["optimizer"].zero_grad()
            for rows in micro[start : start + k]:
                loss = setup["loss_fn"](setup["model"](x[rows]), y[rows]) / k
                loss.backward()
                total += loss.item()
            setup["optimizer"].step()
            n += 1
            log(total)
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """Mean squared error of a tree, held out."""
    x, y = setup["val"]
    return (setup["model"](x).flatten() - y.flatten()).square().mean().item()
