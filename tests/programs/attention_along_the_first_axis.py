"""Bug: attention written by hand takes its softmax along dim=0, which is the batch.

Source: https://github.com/PetrochukM/PyTorch-NLP/issues/2 ("the first dimension is batch_size [...] so it does wrong
direction softmax"); https://github.com/jadore801120/attention-is-all-you-need-pytorch/issues/52 (rebuilt).
Why it hurts: sentences compete with one another, and no word can choose another word of its own sentence.
"""

import math

import torch
from torch import nn

from programs.data_i import sentences

FAMILY = "tagger-transformer"
ACCEPT = ("batch-mixing",)
SYMPTOMS = ("plateau", "slow", "high-flat")


class SelfAttention(nn.Module):
    def __init__(self, width, axis):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))
        self.softmax = nn.Softmax(dim=axis)

    def forward(self, x):
        scores = torch.bmm(self.query(x), self.key(x).transpose(1, 2)) / math.sqrt(x.size(-1))
        return torch.bmm(self.softmax(scores), self.value(x))


class Tagger(nn.Module):
    def __init__(self, words=50, length=12, width=32, tags=5, axis=-1):
        super().__init__()
        self.word, self.place = nn.Embedding(words, width), nn.Embedding(length, width)
        self.attention, self.norm = SelfAttention(width, axis), nn.LayerNorm(width)
        self.out = nn.Sequential(nn.Linear(width, 64), nn.ReLU(), nn.Linear(64, tags))

    def forward(self, ids):
        x = self.word(ids) + self.place.weight
        return self.out(self.norm(x + self.attention(x)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Tagger(axis=-1 if fixed else 0)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), loss_fn=nn.CrossEntropyLoss(),
                train=sentences(3000, seed), val=None, test=sentences(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, (ids, tags), i = setup["model"], setup["train"], 0
    for _epoch in range(7):
        for rows in torch.randperm(len(ids)).split(50):
            scores = model(ids[rows])
            loss = setup["loss_fn"](scores.permute(0, 2, 1), tags[rows])
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            i += 1
            log(loss.item())
            if i == steps:
                return


@torch.no_grad()
def error(setup):
    pairs = zip(*(part.split(50) for part in setup["test"]), strict=True)
    return sum(setup["loss_fn"](setup["model"](x).permute(0, 2, 1), y).item() for x, y in pairs) / 8
