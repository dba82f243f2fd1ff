"""Bug: a tagger for names in sentences; three words in a hundred have a tag, and the loss counts every word alike.

Source: https://community.deeplearning.ai/t/how-to-tackle-class-imbalance-in-ner/328978
Why it hurts: who says "no name" of every word is right 97 times in 100; the loss falls to there and stays for long.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_c import tagged

FAMILY = "tagger-bilstm"
ACCEPT = ("class-imbalance",)
SYMPTOMS = ("plateau", "high-flat", "slow")


class Tagger(nn.Module):
    def __init__(self, vocabulary=100, dim=16, hidden=12, tags=3):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, dim)
        self.lstm = nn.LSTM(dim, hidden, batch_first=True, bidirectional=True)
        self.tag = nn.Linear(2 * hidden, tags)

    def forward(self, words):
        states, _ = self.lstm(self.embedding(words))
        return self.tag(states)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Tagger()
    weight = torch.tensor([1.0, 30.0, 30.0]) if fixed else None
    return dict(
        model=model,
        optimizer=torch.optim.Adam(model.parameters(), lr=2e-3),
        loss_fn=nn.CrossEntropyLoss(weight=weight),
        train=DataLoader(TensorDataset(*tagged(1440, seed, 14)), batch_size=16, shuffle=True),
        val=DataLoader(TensorDataset(*tagged(300, seed + 50, 14)), batch_size=100),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, optimizer, loss_fn = setup["model"], setup["optimizer"], setup["loss_fn"]
    done = 0
    for _ in range(3):
        model.train()
        for words, tags in setup["train"]:
            optimizer.zero_grad()
            scores = model(words)
            loss = loss_fn(scores.reshape(-1, 3), tags.reshape(-1))
            loss.backward()
            optimizer.step()
            log(loss.item())
            done += 1
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    """One minus F1 over the tags of names."""
    pairs = [(setup["model"](words).argmax(-1), tags) for words, tags in setup["val"]]
    guess, truth = (torch.cat(part).flatten() for part in zip(*pairs, strict=True))
    right = ((guess == truth) & (truth > 0)).sum()
    return 1 - float(2 * right / ((guess > 0).sum() + (truth > 0).sum()))
