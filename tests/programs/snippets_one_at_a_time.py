"""Healthy: one snippet of text at each step, plain SGD, as in the first tutorials.

Source: https://docs.pytorch.org/tutorials/intermediate/char_rnn_classification_tutorial.html (rebuilt, on snippets,
with a GRU cell and an optimizer).
Why it looks ill: each loss is that of a single text: from 0 to 4, up and down; only the mean of many falls.
"""

import torch
from torch import nn

from programs.data_j import snippets

FAMILY = "tongues-cnn"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "spiking", "slow", "plateau")


class Reader(nn.Module):
    def __init__(self, letters=20, tongues=4, hidden=24):
        super().__init__()
        self.emb = nn.Embedding(letters, 12)
        self.pairs = nn.Conv1d(12, hidden, 2)
        self.out = nn.Linear(hidden, tongues)

    def forward(self, text):
        h = torch.tanh(self.pairs(self.emb(text).transpose(1, 2)))
        return self.out(h.mean(2))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Reader()
    return dict(model=model, optimizer=torch.optim.SGD(model.parameters(), lr=0.1), loss_fn=nn.CrossEntropyLoss(),
                train=snippets(1200, seed), val=None, test=snippets(300, seed + 500),
                generator=torch.Generator().manual_seed(seed), fixed=fixed)  # fmt: skip


def random_example(setup):
    text, tongue = setup["train"]
    i = int(torch.randint(len(text), (1,), generator=setup["generator"]))
    return text[i : i + 1], tongue[i : i + 1]


def train(setup, log, steps=None):
    for _iteration in range(steps or 1200):
        text, tongue = random_example(setup)
        loss = setup["loss_fn"](setup["model"](text), tongue)
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    text, tongue = setup["test"]
    return (setup["model"](text).argmax(1) != tongue).float().mean().item()
