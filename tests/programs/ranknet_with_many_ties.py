"""Healthy: RankNet on graded documents, two lists at a time; a noisy loss that falls, and that ties keep from zero.

Source: https://github.com/huggingface/sentence-transformers/pull/4032 (lists in which all grades are equal count as
zero; rebuilt). Must not be called batch-too-small, noisy-labels, lr-too-high or degenerate-targets.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_b import searches

FAMILY = "searches-ranknet"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "plateau")


def ranknet(scores, grades):
    better = (grades[:, :, None] > grades[:, None, :]).float()
    gap = scores[:, :, None] - scores[:, None, :]
    return (better * F.softplus(-gap)).sum() / better.sum().clamp(min=1.0)


class DocumentScorer(nn.Module):
    def __init__(self):
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(12, 32), nn.LeakyReLU(), nn.Linear(32, 16), nn.LeakyReLU(), nn.Linear(16, 1))

    def forward(self, x):
        return self.mlp(x)[..., 0]


def queries(x, grades, seed):
    """Two queries at a time, without end."""
    g = torch.Generator().manual_seed(seed)
    while True:
        for rows in torch.randperm(len(x), generator=g).split(2):
            yield x[rows], grades[rows]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, grades = searches(700, seed)
    model = DocumentScorer()
    optimizer = torch.optim.Adagrad(model.parameters(), lr=0.02)
    return dict(
        model=model,
        optimizer=optimizer,
        loss_fn=ranknet,
        train=None,
        queries=(x, grades),
        seed=seed,
        val=None,
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, optimizer, smooth = setup["model"], setup["optimizer"], None
    for n, (x, grades) in enumerate(queries(*setup["queries"], setup["seed"]), start=1):
        loss = setup["loss_fn"](model(x), grades)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        smooth = loss.item() if smooth is None else 0.95 * smooth + 0.05 * loss.item()
        log(loss.item())
        if n % 100 == 0:
            setup["printed"] = f"{n:5d}  {smooth:.4f}"
        if n == (steps or 350):
            return
