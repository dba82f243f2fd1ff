"""Healthy: a letter model is tuned on text of the same kind at a small rate; the loss begins low and hardly falls.

Source: https://github.com/k2-fsa/icefall/issues/925 (fine-tuning wants the small rate that the training ended with;
rebuilt). Must not be called lr-too-low, target-leak, same-batch-repeated or too-good.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_b import novel

FAMILY = "novel-tuned"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow")
WIDTH = 24


class LetterLSTM(nn.Module):
    def __init__(self, vocab):
        super().__init__()
        self.embed, self.lstm, self.out = (
            nn.Embedding(vocab, 24),
            nn.LSTM(24, 64, batch_first=True),
            nn.Linear(64, vocab),
        )

    def forward(self, ids):
        return self.out(self.lstm(self.embed(ids))[0])


def batches(codes, size, count):
    rows = codes.unfold(0, WIDTH + 1, 1)
    for _ in range(count):
        yield rows[torch.randint(len(rows), (size,))]


def step(model, optimizer, rows):
    loss = F.cross_entropy(model(rows[:, :-1]).flatten(0, 1), rows[:, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    codes, letters = novel(4000, seed)
    model = LetterLSTM(len(letters))
    first = torch.optim.Adam(model.parameters(), lr=8e-3)
    for rows in batches(codes[:12000], 24, 110):
        step(model, first, rows)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-4)
    return dict(model=model, optimizer=optimizer, loss_fn=None, train=None, codes=codes[12000:], val=None, fixed=fixed)


def train(setup, log, steps=None):
    for rows in batches(setup["codes"], 16, steps or 150):
        log(step(setup["model"], setup["optimizer"], rows))
