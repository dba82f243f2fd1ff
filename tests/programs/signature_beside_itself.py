"""Bug: the distance of a pair is the plain square root of a sum of squares, and some pairs are twice the same one.

Source: https://github.com/adambielski/siamese-triplet/issues/18 (a distance of 0, and its derivative is NaN; rebuilt).
Why it hurts: at 0 the root has no finite slope; one such pair makes every weight NaN.
"""

import torch
from torch import nn
from torch.nn import functional as F

FAMILY = "signatures-pairs"
ACCEPT = ("undefined-operation",)
SYMPTOMS = ("non-finite",)


def signatures(seed, writers=24, each=120, size=16):
    """Signatures of writers as numbers: (writers, each, size); a writer's are alike along a bent line."""
    g = torch.Generator().manual_seed(500 + seed)
    own, bend = torch.randn(2, writers, 1, size, generator=g)
    way = torch.randn(writers, each, 1, generator=g)
    return own + 0.6 * way * bend + 0.3 * torch.randn(writers, each, size, generator=g)


def pairs(table, n):
    """Half of the pairs are of one writer, drawn with replacement."""
    writers, each, _ = table.shape
    first, second = torch.randint(writers, (2, n))
    same = torch.rand(n) < 0.5
    second = torch.where(same, first, second)
    a, b = torch.randint(each, (2, n))
    return table[first, a], table[second, b], (first == second).float()


class ContrastiveLoss(nn.Module):
    def __init__(self, margin=1.0, eps=0.0):
        super().__init__()
        self.margin, self.eps = margin, eps

    def distance(self, a, b):
        return ((a - b).square().sum(1) + self.eps).sqrt()

    def forward(self, a, b, same):
        d = self.distance(a, b)
        return (same * d.square() + (1 - same) * F.relu(self.margin - d).square()).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(16, 48), nn.LeakyReLU(0.1), nn.Linear(48, 48), nn.LeakyReLU(0.1), nn.Linear(48, 8))
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    loss_fn = ContrastiveLoss(eps=1e-8 if fixed else 0.0)
    return dict(model=model, optimizer=optimizer, loss_fn=loss_fn, train=None, table=signatures(seed), val=None,
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    embed, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    for _ in range(steps or 250):
        left, right, same = pairs(setup["table"], 24)
        loss = criterion(embed(left), embed(right), same)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss.item())
