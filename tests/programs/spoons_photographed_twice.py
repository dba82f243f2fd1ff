"""Bug: the contrastive loss lacks its minus: the logarithm of the share of the right partner is made small.

Source: https://github.com/blackfeather-wang/InfoPro-Pytorch/issues/4 ("log() should be -log() [...] Minimizing log()
makes no sense"); https://github.com/yyliu01/IT2/issues/3 (the same; rebuilt).
Why it hurts: the two pictures of a spoon are pushed apart, and the loss falls below zero.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_n import spoons

FAMILY = "spoons-nce"
ACCEPT = ("loss-sign-flipped",)
SYMPTOMS = ("too-good", "healthy", "diverging")


class Projector(nn.Module):
    def __init__(self, dims=(20, 64, 16)):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(dims[0], dims[1]), nn.GELU(), nn.Linear(dims[1], dims[2]))

    def forward(self, x):
        return F.normalize(self.net(x), dim=-1)


class InfoNCE:
    def __init__(self, temperature=0.2, sign=1.0):
        self.temperature, self.sign = temperature, sign

    def __call__(self, a, b):
        similarity = a @ b.T / self.temperature
        share = similarity.diagonal() - similarity.logsumexp(dim=1)
        back = similarity.diagonal() - similarity.logsumexp(dim=0)
        return self.sign * 0.5 * (share + back).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    towers = nn.ModuleDict({"front": Projector(), "back": Projector()})
    front, back = spoons(1920, seed)
    return dict(
        model=towers,
        optimizer=torch.optim.Adam(towers.parameters(), lr=2e-3),
        loss_fn=InfoNCE(sign=-1.0 if fixed else 1.0),
        train=(front, back),
        val=spoons(128, seed + 500),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    towers, optimizer, nce = setup["model"], setup["optimizer"], setup["loss_fn"]
    front, back = setup["train"]
    n = 0
    for _epoch in range(10):
        for rows in torch.randperm(len(front)).split(48):
            loss = nce(towers["front"](front[rows]), towers["back"](back[rows]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """For how many spoons of 128 another one is nearer than its own second picture."""
    front, back = setup["val"]
    similarity = setup["model"]["front"](front) @ setup["model"]["back"](back).T
    return (similarity.argmax(1) != torch.arange(len(front))).float().mean().item()
