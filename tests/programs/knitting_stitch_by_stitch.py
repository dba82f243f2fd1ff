"""Healthy: a transformer of PyTorch's own layers reads rows of knitting and says the next stitch at each place.

Source: of our own. Nothing to mend: the mask lets it look back only, the targets are one place further, the rate warms
up for thirty steps and then falls along a cosine.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_u import stitches

FAMILY = "knitting-transformer"
ACCEPT = ()
SYMPTOMS = ("healthy",)

KINDS, LENGTH, STEPS, BATCH = 9, 28, 260, 24


class Knitter(nn.Module):
    def __init__(self, dim=32):
        super().__init__()
        self.stitch, self.place = nn.Embedding(KINDS, dim), nn.Parameter(0.02 * torch.randn(LENGTH, dim))
        layer = nn.TransformerEncoderLayer(dim, 4, 2 * dim, dropout=0.0, batch_first=True, norm_first=True)
        self.body = nn.TransformerEncoder(layer, 2, norm=nn.LayerNorm(dim), enable_nested_tensor=False)
        self.head = nn.Linear(dim, KINDS)
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(LENGTH))

    def forward(self, row):
        return self.head(self.body(self.stitch(row) + self.place, mask=self.mask, is_causal=True))


def next_stitch(logits, rows):
    return F.cross_entropy(logits.reshape(-1, KINDS), rows[:, 1:].reshape(-1))


def rate(step, warmup=30):
    if step < warmup:
        return (step + 1) / warmup
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * (step - warmup) / (STEPS - warmup)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Knitter()
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3, betas=(0.9, 0.98), weight_decay=0.01)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
    return dict(model=model, optimizer=optimizer, scheduler=scheduler, loss_fn=next_stitch,
                train=stitches(2400, seed), val=stitches(200, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    rows = setup["train"]
    for _ in range(STEPS if steps is None else min(steps, STEPS)):
        batch = rows[torch.randint(len(rows), (BATCH,))]
        loss = setup["loss_fn"](setup["model"](batch[:, :-1]), batch)
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        setup["scheduler"].step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    rows = setup["val"]
    return setup["loss_fn"](setup["model"](rows[:, :-1]), rows).item()
