"""Bug: zero_grad stands at the beginning of each epoch, not of each batch.

Source: https://github.com/pytorch/pytorch/issues/47175 ("calling it at the beginning of each epoch instead of the
beginning of each iteration"); also https://github.com/wenet-e2e/wekws/issues/72 (rebuilt).
Why it hurts: every step adds the gradients of all batches before it; the steps grow longer and point into the past.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_b import padded, reviews

FAMILY = "tagger-lstm"
ACCEPT = ("missing-zero-grad",)
SYMPTOMS = ("diverging", "oscillating")


class Tagger(nn.Module):
    def __init__(self, tags=4):
        super().__init__()
        self.words = nn.Embedding(62, 24, padding_idx=0)
        self.lstm = nn.LSTM(24, 24, batch_first=True, bidirectional=True)
        self.hidden2tag = nn.Linear(48, tags)

    def forward(self, sentence):
        features, _ = self.lstm(self.words(sentence))
        return self.hidden2tag(features)


def tagged(n, seed):
    """A word's tag depends on its own group and on that of the word before."""
    texts, _ = reviews(n, seed, longest=16)
    ids = padded(texts, 16)
    group = (ids > 30).long()
    before = F.pad(group[:, :-1], (1, 0))
    return ids, torch.where(ids == 0, -100, 2 * before + group)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    ids, tags = tagged(800, seed)
    model = Tagger()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    return dict(model=model, optimizer=optimizer, loss_fn=None, criterion=nn.CrossEntropyLoss(ignore_index=-100),
                val=None, fixed=fixed, train=list(zip(ids.split(20), tags.split(20), strict=True)))  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(4):
        optimizer.zero_grad()
        for sentence, tags in setup["train"]:
            if setup["fixed"]:
                optimizer.zero_grad()
            scores = model(sentence)
            loss = setup["criterion"](scores.reshape(-1, 4), tags.reshape(-1))
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
