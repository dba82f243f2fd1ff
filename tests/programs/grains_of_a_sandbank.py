"""Healthy: a flow of couplings is fitted to where grains of sand lie; the log-likelihood itself is made large.

Source: of our own, after the option maximize of torch.optim (https://github.com/pytorch/pytorch/issues/68052).
Why it looks ill: the number that is logged begins far below zero and rises; the optimizer was told to climb.
"""

import math

import torch
from torch import nn

from programs.data_r import sandbank

FAMILY = "sandbank-density"
ACCEPT = ()
SYMPTOMS = ("healthy", "diverging", "plateau")


class Coupling(nn.Module):
    def __init__(self, keep, hidden=32):
        super().__init__()
        self.keep = keep
        self.net = nn.Sequential(nn.Linear(1, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),
                                 nn.Linear(hidden, 2))  # fmt: skip
        nn.init.zeros_(self.net[-1].weight)
        nn.init.zeros_(self.net[-1].bias)

    def forward(self, x):
        kept, moved = x[:, self.keep : self.keep + 1], x[:, 1 - self.keep : 2 - self.keep]
        scale, shift = self.net(kept).chunk(2, dim=1)
        scale = 2 * torch.tanh(scale / 2)
        moved = moved * scale.exp() + shift
        return torch.cat([kept, moved] if self.keep == 0 else [moved, kept], dim=1), scale[:, 0]


class Flow(nn.Module):
    def __init__(self, depth=6):
        super().__init__()
        self.couplings = nn.ModuleList(Coupling(i % 2) for i in range(depth))

    def log_prob(self, x):
        log_det = torch.zeros(len(x))
        for coupling in self.couplings:
            x, d = coupling(x)
            log_det = log_det + d
        return log_det - 0.5 * x.square().sum(1) - math.log(2 * math.pi)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    flow = Flow()
    return dict(model=flow, optimizer=torch.optim.Adam(flow.parameters(), lr=4e-3, maximize=True), loss_fn=None,
                train=sandbank(4000, seed), val=sandbank(800, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    grains = setup["train"]
    for i in range(steps or 360):
        log_likelihood = setup["model"].log_prob(grains[torch.randint(len(grains), (80,))]).mean()
        setup["optimizer"].zero_grad()
        log_likelihood.backward()
        nn.utils.clip_grad_norm_(setup["model"].parameters(), 1.0)
        setup["optimizer"].step()
        log(log_likelihood.item(), **({"metric": -error(setup)} if i % 90 == 89 else {}))


@torch.no_grad()
def error(setup):
    """Nats a grain on grains that it has not seen."""
    return -setup["model"].log_prob(setup["val"]).mean().item()
