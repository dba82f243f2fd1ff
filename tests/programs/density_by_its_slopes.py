"""Healthy: score matching by the trace of the slope (Hyvarinen); the loss begins near 0 and falls far below.

Source: https://jmlr.org/papers/v6/hyvarinen05a.html (the squared error less a constant; no thread).
Why it looks ill: it is negative, noisy, and has no floor that one could know beforehand.
"""

import torch
from torch import nn

from programs.data_i import clouds

FAMILY = "clouds-score-matching"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "plateau", "spiking", "slow")


class Score(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, width), nn.Softplus(), nn.Linear(width, width), nn.Softplus(),
                                 nn.Linear(width, 2))  # fmt: skip

    def forward(self, x):
        return self.net(x)


def implicit_score_loss(score, x):
    x = x.requires_grad_(True)
    s = score(x)
    trace = 0.0
    for i in range(2):
        trace = trace + torch.autograd.grad(s[:, i].sum(), x, create_graph=True)[0][:, i]
    return (0.5 * s.square().sum(1) + trace).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Score()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), loss_fn=None,
                train=clouds(4000, seed), val=clouds(1000, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    for _ in range(400 if steps is None else steps):
        points = setup["train"][torch.randint(len(setup["train"]), (128,))]
        points = points + 0.2 * torch.randn_like(points)
        optimizer.zero_grad()
        loss = implicit_score_loss(model, points)
        loss.backward()
        optimizer.step()
        log(loss.item())


def error(setup):
    return implicit_score_loss(setup["model"], setup["val"].clone()).item()
