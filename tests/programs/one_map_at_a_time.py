"""Healthy: graphs of unequal size without any batching; one map a step, and a dense matrix for each.

Source: https://github.com/pyg-team/pytorch_geometric/issues/921 (why graphs are joined to batches at all; rebuilt as it
is done without). Why it looks ill: the loss of one map is a very noisy number, and stays so to the end.
"""

import torch
from torch import nn

from programs.data_m import roadmaps

FAMILY = "roadmaps-dense"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "spiking", "slow", "plateau")


def dense(places, roads):
    matrix = torch.zeros(places, places)
    matrix[roads[0], roads[1]] = 1.0
    return matrix


class PairNet(nn.Module):
    """A number for each pair of places, summed over those with a road."""

    def __init__(self, columns=4, width=32):
        super().__init__()
        self.pair = nn.Sequential(
            nn.Linear(2 * columns, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 1)
        )

    def forward(self, x, roads):
        n = len(x)
        both = torch.cat([x[:, None].expand(n, n, -1), x[None].expand(n, n, -1)], dim=2)
        return (self.pair(both)[..., 0] * dense(n, roads)).sum() / n**0.5


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = PairNet()
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=1e-2), loss_fn=nn.SmoothL1Loss(),
                train=roadmaps(600, seed), val=None, test=roadmaps(200, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    for n in range(600):
        x, roads, value = setup["train"][n]
        loss = setup["loss_fn"](setup["model"](x, roads), value)
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())
        if n + 1 == steps:
            return


@torch.no_grad()
def error(setup):
    losses = [setup["loss_fn"](setup["model"](x, roads), value) for x, roads, value in setup["test"]]
    return torch.stack(losses).mean().item()
