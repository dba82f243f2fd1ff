"""Bug: the attention's softmax runs along the axis of the queries, which is of length one; every weight is 1.

Source: https://github.com/PetrochukM/PyTorch-NLP/issues/2 ("the weights computed by nn.Attention is always 1 [...] it
does wrong direction softmax"); https://github.com/DEEP-PolyU/KEQA_WSDM19/issues/2 (the same; rebuilt).
Why it hurts: whatever is asked, the answer is read off the sum of all six cards.
"""

import math

import torch
from torch import nn

from programs.data_n import cards

FAMILY = "pointed-questions"
ACCEPT = ("input-ignored",)
SYMPTOMS = ("high-flat", "plateau", "slow")


class Attention(nn.Module):
    def __init__(self, dim, axis):
        super().__init__()
        self.q, self.k, self.v = nn.Linear(dim, dim), nn.Linear(dim, dim), nn.Linear(dim, dim)
        self.softmax = nn.Softmax(dim=axis)

    def forward(self, query, context):
        scores = self.q(query) @ self.k(context).transpose(1, 2) / math.sqrt(query.size(-1))
        return self.softmax(scores) @ self.v(context)


class CardReader(nn.Module):
    def __init__(self, axis, dim=32):
        super().__init__()
        self.suit, self.value, self.asked = nn.Embedding(8, dim), nn.Embedding(5, dim), nn.Embedding(8, dim)
        self.attention = Attention(dim, axis)
        self.answer = nn.Sequential(nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, 5))

    def forward(self, suits, values, asked):
        context = self.suit(suits) + self.value(values)
        found = self.attention(self.asked(asked).unsqueeze(1), context)
        return self.answer(found.squeeze(1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    reader = CardReader(axis=2 if fixed else 1)
    return dict(model=reader, optimizer=torch.optim.Adam(reader.parameters(), lr=4e-3), loss_fn=nn.CrossEntropyLoss(),
                train=cards(2400, seed), val=cards(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    reader, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    suits, values, asked, answer = setup["train"]
    done = 0
    for _epoch in range(10):
        for b in torch.randperm(len(asked)).split(40):
            loss = criterion(reader(suits[b], values[b], asked[b]), answer[b])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            log(loss)
            done += 1
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    suits, values, asked, answer = setup["val"]
    return (setup["model"](suits, values, asked).argmax(1) != answer).float().mean().item()
