"""Bug: the loss draws two views of the same sample together, and nothing keeps different samples apart.

Source: of our own (the negatives fell out of a contrastive loss).
Why it hurts: the best embedding is one point for all.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_o import kinds

FAMILY = "varnish-contrastive"
ACCEPT = ("representation-collapse", "loss-term-lost", "degenerate-targets")
SYMPTOMS = ("too-good", "healthy")


def view(x):
    return x + 0.4 * torch.randn_like(x)


def pull(a, b):
    return (1 - F.cosine_similarity(a, b)).mean()


def info_nce(a, b, temperature=0.2):
    logits = F.normalize(a, dim=1) @ F.normalize(b, dim=1).T / temperature
    return F.cross_entropy(logits, torch.arange(len(a)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    encoder = nn.Sequential(nn.Linear(10, 48), nn.ReLU(), nn.Linear(48, 8))
    return dict(model=encoder, optimizer=torch.optim.Adam(encoder.parameters(), lr=3e-3),
                loss_fn=info_nce if fixed else pull, train=kinds(1600, seed, 25, many=6)[0],
                val=kinds(600, seed + 500, 25, many=6), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    encoder, optimizer = setup["model"], setup["optimizer"]
    for step in range(400):
        x = setup["train"][torch.randint(1600, (32,))]
        loss = setup["loss_fn"](encoder(view(x)), encoder(view(x)))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss.item())
        if step + 1 == steps:
            return


@torch.no_grad()
def error(setup):
    """How hard it is for a view to find its own sample again among six hundred: log(600) where all are alike."""
    x, _ = setup["val"]
    torch.manual_seed(0)
    return info_nce(setup["model"](x), setup["model"](view(x))).item()
