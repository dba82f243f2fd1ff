"""Bug: the largest force of a bridge is given in newton, about 180000, and the net begins near 0 with small steps.

Source: https://github.com/zhanglichao/updatenet/issues/12 ("without normalization the result will be very large", said
in Chinese); https://github.com/sktime/pytorch-forecasting/issues/410 (rebuilt for graphs of bridges).
Why it hurts: Adam moves each weight by a thousandth in a step; to reach 180000 it needs very many.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_k import trusses

FAMILY = "truss-graph"
ACCEPT = ("unscaled-targets",)
SYMPTOMS = ("high-flat", "slow")


class TrussNet(nn.Module):
    """Two rounds in which each knot hears the mean of those bound to it."""

    def __init__(self, wide=32):
        super().__init__()
        self.enter = nn.Linear(3, wide)
        self.hear = nn.ModuleList(nn.Linear(2 * wide, wide) for _ in range(2))
        self.force = nn.Linear(wide, 1)

    def forward(self, knots, bound):
        h = torch.relu(self.enter(knots))
        share = bound / bound.sum(-1, keepdim=True)
        for layer in self.hear:
            h = h + torch.relu(layer(torch.cat([h, share @ h], -1)))
        return self.force(h.amax(1)).squeeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = TrussNet()
    mean, std = (180000.0, 60000.0) if fixed else (0.0, 1.0)
    knots, bound, force = trusses(1200, seed)
    loader = DataLoader(TensorDataset(knots, bound, (force - mean) / std), batch_size=40, shuffle=True)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=1e-3), loss_fn=nn.L1Loss(),
                train=loader, val=None, scale=(mean, std), test=trusses(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(8):
        for knots, bound, force in setup["train"]:
            loss = setup["loss_fn"](setup["model"](knots, bound), force)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """In newton."""
    (mean, std), (knots, bound, force) = setup["scale"], setup["test"]
    return (setup["model"](knots, bound) * std + mean - force).abs().mean().item()
