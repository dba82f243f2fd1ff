"""Healthy: triplets with the hardest positive and negative of each batch; the loss hovers near the margin, then sinks.

Source: https://github.com/omoindrot/tensorflow-triplet-loss/issues/6 ("since we only take the average loss over the
semi-hard and hard triplets it's totally normal that the loss doesn't decrease"; rebuilt).
Why it looks ill: the better the net, the harder the triplets that remain.
"""

import torch
from torch import nn

from programs.data_i import sketches

FAMILY = "sketches-batch-hard"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow", "high-flat", "oscillating")


class Embedder(nn.Module):
    def __init__(self, size=8):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
                                  nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
                                  nn.MaxPool2d(2))  # fmt: skip
        self.head = nn.Linear(32 * 16, size)

    def forward(self, x):
        return nn.functional.normalize(self.head(self.conv(x).flatten(1)), dim=1)


class BatchHardLoss(nn.Module):
    def __init__(self, margin=0.3):
        super().__init__()
        self.margin = margin

    def forward(self, z, label):
        far = (2 - 2 * z @ z.t()).clamp(min=1e-6).sqrt()
        same = label[:, None] == label[None, :]
        hardest_positive = far.masked_fill(~same, 0.0).amax(1)
        hardest_negative = far.masked_fill(same, 9.0).amin(1)
        return (hardest_positive - hardest_negative + self.margin).relu().mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Embedder()
    x, y = sketches(1200, seed, noise=0.2)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=1e-3), loss_fn=BatchHardLoss(),
                groups=[x[y == kind] for kind in range(5)], train=(x, y), val=None,
                test=sketches(200, seed + 500, noise=0.2),
                generator=torch.Generator().manual_seed(seed), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    label = torch.arange(5).repeat_interleave(6)
    for _ in range(260 if steps is None else steps):
        picked = [group[torch.randint(len(group), (6,), generator=setup["generator"])] for group in setup["groups"]]
        loss = setup["loss_fn"](setup["model"](torch.cat(picked)), label)
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    """How often the nearest other picture is of another kind."""
    x, y = setup["test"]
    z = setup["model"].eval()(x)
    near = (z @ z.t()).fill_diagonal_(-2.0).argmax(1)
    return (y[near] != y).float().mean().item()
