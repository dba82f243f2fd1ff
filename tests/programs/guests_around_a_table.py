"""Healthy: a transformer that says of each guest whether a friend sits beside him.

Source: of our own (no thread). Why it is right: places and guests are embedded, attention runs over the seats, the loss
is taken seat by seat; it begins at the entropy of the labels and falls below 0.1.
"""

import torch
from torch import nn

from programs.data_n import tables

FAMILY = "seating-tags"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class SeatEncoder(nn.Module):
    def __init__(self, guests=12, seats=10, dim=48, heads=4, layers=2):
        super().__init__()
        self.guest = nn.Embedding(guests, dim)
        self.seat = nn.Embedding(seats, dim)
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(dim, heads, 2 * dim, dropout=0.0, batch_first=True, norm_first=True)
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(dim)
        self.tag = nn.Linear(dim, 2)

    def forward(self, ids):
        h = self.guest(ids) + self.seat(torch.arange(ids.shape[1]))
        for block in self.blocks:
            h = block(h)
        return self.tag(self.norm(h))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = SeatEncoder()
    x, y = tables(2400, seed)
    return dict(model=model, optimizer=torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01),
                loss_fn=nn.CrossEntropyLoss(), train=list(zip(x.split(40), y.split(40), strict=True)),
                val=tables(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, criterion, batches = (setup[k] for k in ("model", "optimizer", "loss_fn", "train"))
    step = 0
    for _epoch in range(5):
        for i in torch.randperm(len(batches)).tolist():
            ids, tags = batches[i]
            logits = model(ids)
            loss = criterion(logits.reshape(-1, 2), tags.reshape(-1))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            log(loss.item())
            step += 1
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    ids, tags = setup["val"]
    return (setup["model"](ids).argmax(2) != tags).float().mean().item()
