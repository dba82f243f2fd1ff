"""Healthy: a translator is fed with its own words more and more often; the training loss falls first, and rises then.

Source: https://github.com/liyaguang/DCRNN/issues/38 ("training loss goes down at first but it **keeps growing** after
minimal" - "expected due to the scheduled sampling").
Why it looks ill: a sentence is told in one of two styles, which only the truth shows; the truth is shown ever less.
"""

import math

import torch
from torch import nn

from programs.data_h import phrases

FAMILY = "translation-sampling"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "diverging", "plateau", "spiking", "slow")
VOCAB, START = 43, 1


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
            said.append(self.out(torch.cat([h, context], 1)))
            word = torch.where(torch.rand(len(x)) < truth, y[:, t], said[-1].argmax(1))
        return torch.stack(said, 1)


def in_two_styles(n, seed):
    """Half of the sentences use a second word, 20 further on, for each meaning."""
    x, y = phrases(n, seed)
    style = torch.randint(2, (n, 1), generator=torch.Generator().manual_seed(seed))
    return x, torch.where(y > 2, y + 20 * style, y)


def inverse_sigmoid(step, k=45.0):
    return k / (k + math.exp(step / k))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Translator()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=5e-3), loss_fn=nn.CrossEntropyLoss(),
                train=in_two_styles(3000, seed), val=None, test=phrases(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    x, y = setup["train"]
    for step in range(330 if steps is None else steps):
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
    """How many words have another meaning, whatever their style."""
    x, y = setup["test"]
    said = setup["model"](x, y, truth=0.0).argmax(2)
    return (torch.where(said > 22, said - 20, said) != y).float().mean().item()
