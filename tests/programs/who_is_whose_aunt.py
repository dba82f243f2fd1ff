"""Healthy: TransE: head + bond should lie near tail, and nearer than a wrong tail by a margin of 1.

Source: Bordes et al. 2013, "Translating embeddings for modeling multi-relational data" (rebuilt; names renormed).
Why it looks ill: the loss begins near the margin and stays above 0, for some wrong tails are as good.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_j import kin

FAMILY = "kinship-transe"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow")


class TransE(nn.Module):
    def __init__(self, people=60, bonds=6, dim=12):
        super().__init__()
        self.entity, self.relation = nn.Embedding(people, dim), nn.Embedding(bonds, dim)
        nn.init.xavier_uniform_(self.entity.weight)
        nn.init.xavier_uniform_(self.relation.weight)

    def score(self, triple):
        h, r, t = triple.unbind(1)
        return (F.normalize(self.entity(h), dim=1) + self.relation(r) - F.normalize(self.entity(t), dim=1)).norm(dim=1)


def corrupt(triples, g, people=60):
    wrong = triples.clone()
    side = 2 * torch.randint(2, (len(triples),), generator=g)
    wrong[torch.arange(len(triples)), side] = torch.randint(people, (len(triples),), generator=g)
    return wrong


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = TransE()
    facts = kin(seed)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=0.01), loss_fn=nn.MarginRankingLoss(1.0),
                train=facts[100:], val=facts[:100], generator=torch.Generator().manual_seed(seed),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, g, n = setup["model"], setup["generator"], 0
    while True:
        for right in setup["train"][torch.randperm(len(setup["train"]), generator=g)].split(100):
            near, far = model.score(right), model.score(corrupt(right, g))
            loss = setup["loss_fn"](far, near, torch.ones_like(near))
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            n += 1
            if n == (steps or 300):
                return


@torch.no_grad()
def error(setup):
    """How often a wrong fact looks better than a true one that was held back."""
    g = torch.Generator().manual_seed(1)
    right = setup["val"].repeat(10, 1)
    return (setup["model"].score(corrupt(right, g)) < setup["model"].score(right)).float().mean().item()
