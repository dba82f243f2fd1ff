"""Healthy: a table with embeddings for its kinds; the bikes of an hour by a Poisson loss, which ends below zero.

Source: https://pytorch.org/docs/stable/generated/torch.nn.PoissonNLLLoss.html (no thread).
Why it looks ill: the loss has no floor at 0; it leaves out the factorial, passes zero and goes on to about -9.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_c import bikes

FAMILY = "bikes-embeddings"
ACCEPT = ()
SYMPTOMS = ("healthy",)
SIZES = {"hour": (24, 8), "weekday": (7, 4), "sky": (4, 2)}


class Demand(nn.Module):
    """log of the expected count, in tens of bikes."""

    def __init__(self, width=48):
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(many, dim) for many, dim in SIZES.values())
        self.net = nn.Sequential(
            nn.Linear(14 + 2, width),
            nn.SiLU(),
            nn.Dropout(0.05),
            nn.Linear(width, width),
            nn.SiLU(),
            nn.Linear(width, 1),
        )

    def forward(self, kinds, weather):
        parts = [table(kinds[:, i]) for i, table in enumerate(self.tables)]
        return self.net(torch.cat([*parts, weather], dim=1)).squeeze(1)


def tensors(n, seed):
    kinds, weather, count = bikes(n, seed)
    return TensorDataset(kinds, (weather - torch.tensor([12.0, 10.0])) / torch.tensor([9.0, 5.8]), count / 10)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Demand()
    tables = {"params": model.tables.parameters(), "weight_decay": 0.0}
    optimizer = torch.optim.AdamW([tables, {"params": model.net.parameters()}], lr=4e-3, weight_decay=0.01)
    return dict(
        model=model,
        optimizer=optimizer,
        loss_fn=nn.PoissonNLLLoss(log_input=True),
        train=DataLoader(tensors(4000, seed), batch_size=80, shuffle=True),
        val=DataLoader(tensors(500, seed + 70), batch_size=500),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, optimizer, loss_fn = setup["model"], setup["optimizer"], setup["loss_fn"]
    n = 0
    for epoch in range(4):
        model.train()
        for kinds, weather, count in setup["train"]:
            loss = loss_fn(model(kinds, weather), count)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            n += 1
            log(loss)
            if n == steps:
                return
        model.eval()
        with torch.no_grad():
            held = [loss_fn(model(kinds, weather), count).item() for kinds, weather, count in setup["val"]]
        print(f"{epoch:2d} validation {sum(held) / len(held):.3f}")
