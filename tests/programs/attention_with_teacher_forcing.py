"""Healthy: sequences are written backwards by an encoder and a decoder with attention; half of the batches are not
forced.

Source: https://github.com/bentrevett/pytorch-seq2seq/issues/23 (a course's sequence models; the mean over tokens is
on purpose; rebuilt). Must not be called same-batch-repeated, target-leak or oscillating for the two kinds of batches.
"""

import random

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_b import reversals

FAMILY = "reversal-attention"
ACCEPT = ()
SYMPTOMS = ("healthy", "spiking", "oscillating")
BOS, VOCAB = 1, 12


class Attention(nn.Module):
    def forward(self, query, memory):
        score = torch.bmm(memory, query.unsqueeze(2)).squeeze(2) / memory.shape[2] ** 0.5
        return torch.bmm(score.softmax(1).unsqueeze(1), memory).squeeze(1)


class Seq2Seq(nn.Module):
    def __init__(self, hidden=48):
        super().__init__()
        self.embed = nn.Embedding(VOCAB, 24)
        self.encoder = nn.GRU(24, hidden // 2, batch_first=True, bidirectional=True)
        self.cell, self.attention = nn.GRUCell(24 + hidden, hidden), Attention()
        self.out = nn.Linear(2 * hidden, VOCAB)

    def forward(self, source, target, forced):
        memory, state = self.encoder(self.embed(source))
        hidden = torch.cat([state[0], state[1]], 1)
        token, context, logits = torch.full_like(target[:, 0], BOS), torch.zeros_like(hidden), []
        for t in range(target.shape[1]):
            hidden = self.cell(torch.cat([self.embed(token), context], 1), hidden)
            context = self.attention(hidden, memory)
            logits.append(self.out(torch.cat([hidden, context], 1)))
            token = target[:, t] if forced else logits[-1].argmax(1)
        return torch.stack(logits, 1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    source, target = reversals(1280, seed, length=6, symbols=10)
    model = Seq2Seq()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=5e-3), loss_fn=None,
                criterion=nn.CrossEntropyLoss(),
                train=DataLoader(TensorDataset(source, target), batch_size=32, shuffle=True), val=None,
                rng=random.Random(seed), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(6):
        for source, target in setup["train"]:
            forced = setup["rng"].random() < 0.5
            loss = setup["criterion"](model(source, target, forced).flatten(0, 1), target.flatten())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
