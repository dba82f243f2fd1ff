"""Healthy: a masked language model; only the few letters under the mask count, so the loss is noisy and stops above 0.

Source: https://github.com/google-research/bert/issues/968 (is a loss of about 2 after a million steps good? it is;
rebuilt). Must not be called noisy-labels, batch-too-small or degenerate-targets, though most targets are -100.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from programs.data_b import novel

FAMILY = "masked-words"
ACCEPT = ()
SYMPTOMS = ("healthy", "slow", "plateau")
LENGTH = 24


class Encoder(nn.Module):
    def __init__(self, vocab, dim=48):
        super().__init__()
        self.letters = nn.Embedding(vocab + 1, dim)
        self.body = nn.Sequential(
            nn.Conv1d(dim, dim, 7, padding=3), nn.GELU(), nn.Conv1d(dim, dim, 7, padding=3), nn.GELU()
        )
        self.head = nn.Sequential(nn.LayerNorm(dim), nn.Linear(dim, vocab))

    def forward(self, ids):
        x = self.letters(ids)
        return self.head(x + self.body(x.mT).mT)


def mask(ids, vocab):
    """Hide 15 of 100 letters; of these a tenth is another letter instead, and a tenth stays."""
    hidden, how = torch.rand(ids.shape) < 0.15, torch.rand(ids.shape)
    labels = ids.masked_fill(~hidden, -100)
    ids = torch.where(hidden & (how < 0.8), vocab, ids)
    return torch.where(hidden & (how > 0.9), torch.randint(vocab, ids.shape), ids), labels


def build(seed, fixed=False):
    torch.manual_seed(seed)
    codes, letters = novel(3500, seed)
    rows = DataLoader(codes[: len(codes) // LENGTH * LENGTH].view(-1, LENGTH), batch_size=20, shuffle=True)
    model = Encoder(len(letters))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / 20))
    return dict(
        model=model, optimizer=optimizer, schedule=schedule, vocab=len(letters), loss_fn=F.cross_entropy,
        train=rows, val=None, fixed=fixed,
    )  # fmt: skip


def train(setup, log, steps=None):
    model, n = setup["model"], 0
    for _ in range(3):
        for rows in setup["train"]:
            ids, labels = mask(rows, setup["vocab"])
            loss = setup["loss_fn"](model(ids).flatten(0, 1), labels.flatten(), ignore_index=-100)
            setup["optimizer"].zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            setup["optimizer"].step()
            setup["schedule"].step()
            n += 1
            log(loss)
            if n == steps:
                return
