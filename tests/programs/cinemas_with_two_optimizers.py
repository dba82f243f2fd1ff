"""Healthy: SparseAdam holds the two tables of embeddings, Adam all the rest; neither of them holds the whole model.

Source: https://github.com/pytorch/pytorch/issues/18404 ("it requires a separate optimizer for these layers
(SparseAdam)"; rebuilt). Why it is right: both are cleared and stepped in every round. Must not be called
parameters-not-optimized.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_n import cinemas

FAMILY = "cinema-embeddings"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class Attendance(nn.Module):
    def __init__(self, dim=8):
        super().__init__()
        self.film = nn.Embedding(60, dim, sparse=True)
        self.house = nn.Embedding(30, dim, sparse=True)
        self.dense = nn.Sequential(
            nn.Linear(3 * dim + 3, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 1)
        )

    def forward(self, ids, columns):
        film, house = self.film(ids[:, 0]), self.house(ids[:, 1])
        return self.dense(torch.cat([film, house, film * house, columns], 1)).squeeze(1)


class Both:
    """Clears and steps several optimizers at once."""

    def __init__(self, *optimizers):
        self.optimizers = optimizers

    def zero_grad(self):
        for optimizer in self.optimizers:
            optimizer.zero_grad()

    def step(self):
        for optimizer in self.optimizers:
            optimizer.step()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Attendance()
    dense = torch.optim.Adam(model.dense.parameters(), lr=2e-3)
    sparse = torch.optim.SparseAdam([model.film.weight, model.house.weight], lr=5e-3)
    loader = DataLoader(TensorDataset(*cinemas(6000, seed)), batch_size=100, shuffle=True)
    return {"model": model, "optimizer": dense, "both": Both(dense, sparse), "loss_fn": nn.MSELoss(), "train": loader,
            "val": cinemas(1000, seed + 500), "fixed": fixed}  # fmt: skip


def train(setup, log, steps=None):
    model, both, n = setup["model"], setup["both"], 0
    for _epoch in range(10):
        for ids, columns, filled in setup["train"]:
            both.zero_grad()
            loss = setup["loss_fn"](model(ids, columns), filled)
            loss.backward()
            both.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    ids, columns, filled = setup["val"]
    return setup["loss_fn"](setup["model"](ids, columns), filled).item()
