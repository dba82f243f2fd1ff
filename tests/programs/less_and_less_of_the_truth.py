"""Healthy: a translator is fed with its own words more and more often; the training loss falls first, and rises then.

Source: https://github.com/liyaguang/DCRNN/issues/38 ("training loss goes down at first but it keeps growing after minimal"
- "expected due to the scheduled sampling"). Why it looks ill: the task gets harder while the net gets better.
"""

import math

import torch
from torch import nn

from programs.data_h import phrases

FAMILY = "translation-sampling"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "diverging", "plateau", "spiking", "slow")
VOCAB, START = 23, 1


class Translator(nn.Module):
    def __init__(self, dim=32, hidden=64):
        super().__init__()
        self.source, self.target = nn.Embedding(VOCAB, dim), nn.Embedding(VOCAB, dim)
        self.encoder = nn.GRU(dim, hidden // 2, batch_first=True, bidirectional=True)
        self.cell, self.query = nn.GRUCell(dim + hidden, hidden), nn.Linear(hidden, hidden)
        self.out = nn.Linear(2 * hidden, VOCAB)

    def forward(self, x, y, truth=1.0):
        memory, last = self.encoder(self.source(x))
        h, context = last.transpose(0, 1).flatten(1), memory.mean(1)
        word, said = torch.full((len(x),), START), []
        for t in range(y.shape[1]):
            h = self.cell(torch.cat([self.target(word), context], 1), h)
            weights = torch.softmax((memory @ self.query(h).unsqueeze(2)).squeeze(2) / 6, 1)
            context = (weights.unsqueeze(2) * memory).sum(1)
            logits = self.out(torch.cat([h, context], 1))
            said.append(logits)
            told = torch.rand(len(x)) < truth
            word = torch.where(told, y[:, t], logits.argmax(1))
        return torch.stack(said, 1)


def inverse_sigmoid(step, k=25.0):
    return k / (k + math.exp(step / k))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Translator()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=5e-3), loss_fn=nn.CrossEntropyLoss(),
                train=phrases(3000, seed), val=None, test=phrases(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    x, y = setup["train"]
    for step in range(220 if steps is None else steps):
        rows = torch.randint(len(x), (48,))
        logits = model(x[rows], y[rows], truth=inverse_sigmoid(step))
        loss = setup["loss_fn"](logits.flatten(0, 1), y[rows].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    x, y = setup["test"]
    return (setup["model"](x, y, truth=0.0).argmax(2) != y).float().mean().item()
