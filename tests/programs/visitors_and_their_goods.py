"""Healthy: two towers with the other rows' goods as negatives; the loss falls from log 128 and stays near there.

Source: https://github.com/tensorflow/recommenders/issues/252 (the loss of two towers; rebuilt, without its fault).
Why it looks ill: chance decides most of what is bought, so the best loss is far above zero.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from programs.data_h import visits

FAMILY = "visitors-towers"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "high-flat", "slow")


class Tower(nn.Sequential):
    def __init__(self, ids, dim=24):
        super().__init__(nn.Embedding(ids, dim), nn.Linear(dim, 48), nn.ReLU(), nn.Linear(48, dim))

    def forward(self, ids):
        return F.normalize(super().forward(ids), dim=-1)


class Retrieval(nn.Module):
    def __init__(self, people=120, goods=80, temperature=0.2):
        super().__init__()
        self.query_tower, self.candidate_tower = Tower(people), Tower(goods)
        self.temperature = temperature

    def forward(self, who, what, log_share):
        scores = self.query_tower(who) @ self.candidate_tower(what).T / self.temperature
        scores = scores - log_share[what]  # what is bought often is often a negative
        twice = (what[:, None] == what) & ~torch.eye(len(what), dtype=torch.bool)
        return F.cross_entropy(scores.masked_fill(twice, -1e9), torch.arange(len(who)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model, rows = Retrieval(), visits(8000, seed)
    share = (torch.bincount(rows[:, 1], minlength=80) + 1) / len(rows)
    return dict(model=model, optimizer=torch.optim.Adagrad(model.parameters(), lr=0.05), loss_fn=F.cross_entropy,
                train=DataLoader(rows, batch_size=128, shuffle=True, drop_last=True), val=None, log_share=share.log(),
                test=visits(1000, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _ in range(6):
        for batch in setup["train"]:
            loss = model(batch[:, 0], batch[:, 1], setup["log_share"])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """How often what was bought is not among the twenty best of eighty."""
    model, (who, what) = setup["model"], setup["test"].T
    best = (model.query_tower(who) @ model.candidate_tower(torch.arange(80)).T).topk(20).indices
    return (best != what[:, None]).all(1).float().mean().item()
