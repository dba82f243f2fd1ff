"""Healthy: t-SNE as a loop of its own: for the first third the likeness is taken four times too large, on purpose.

Source: https://github.com/KlugerLab/FIt-SNE/issues/37 ("When switching from the normal regime to the late exaggeration
regime, the corrected KL divergence does indeed go up"); van der Maaten and Hinton 2008 (rebuilt).
Why it looks ill: the loss falls by a leap when the factor goes, and ends far above 0; all points in each step.
"""

import torch
from torch import nn

from programs.data_k import vowels

FAMILY = "vowels-tsne"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")


def likeness(points, width=0.6):
    """How near each pair is, as shares of 1."""
    p = torch.exp(-torch.cdist(points, points).square() / (2 * width**2))
    p = p.fill_diagonal_(0)
    p = p / p.sum(1, keepdim=True)
    return (p + p.T) / (2 * len(p))


class Map(nn.Module):
    def __init__(self, many):
        super().__init__()
        self.place = nn.Parameter(0.01 * torch.randn(many, 2))

    def forward(self):
        near = 1 / (1 + torch.cdist(self.place, self.place).square())
        near = near * (1 - torch.eye(len(near)))
        return near / near.sum()


def divergence(p, q):
    return (p * ((p + 1e-9) / (q + 1e-9)).log()).sum()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, kind = vowels(200, seed)
    chart = Map(len(x))
    return dict(model=chart, optimizer=torch.optim.Adam(chart.parameters(), lr=0.1), loss_fn=divergence,
                train=(likeness(x), kind), val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    p, _ = setup["train"]
    for i in range(300):
        factor = 4 if i < 100 else 1
        loss = setup["loss_fn"](factor * p, setup["model"]())
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())
        if i + 1 == steps:
            return


@torch.no_grad()
def error(setup):
    """The share of points whose nearest neighbour on the map is another vowel."""
    place, kind = setup["model"].place, setup["train"][1]
    far = torch.cdist(place, place).fill_diagonal_(float("inf"))
    return (kind[far.argmin(1)] != kind).float().mean().item()
