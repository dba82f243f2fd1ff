"""Bug: yes or no with one output and CrossEntropyLoss, the target given as a float column so that the shapes agree.

Source: https://github.com/darioizzo/dcgp/issues/86 (cross entropy always 0.0: a class that is alone is always right;
rebuilt).
Why it hurts: the softmax over one column is 1 whatever the net says; the loss is exactly 0 and so is every gradient.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_b import padded, reviews

FAMILY = "reviews-bag"
ACCEPT = ("wrong-loss",)
SYMPTOMS = ("too-good", "high-flat")


class Sentiment(nn.Module):
    def __init__(self, vocab=62, dim=16):
        super().__init__()
        self.emb = nn.Embedding(vocab, dim, padding_idx=0)
        self.hidden = nn.Linear(dim, 16)
        self.out = nn.Linear(16, 1)

    def forward(self, ids):
        words = (ids != 0).sum(1, keepdim=True)
        mean = self.emb(ids).sum(1) / words
        return self.out(torch.relu(self.hidden(mean)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    texts, labels = reviews(1200, seed)
    ids, y = padded(texts, 24), labels.float().unsqueeze(1)
    model = Sentiment()
    return dict(
        model=model,
        optimizer=torch.optim.Adam(model.parameters(), lr=1e-2),
        loss_fn=nn.BCEWithLogitsLoss() if fixed else nn.CrossEntropyLoss(),
        train=DataLoader(TensorDataset(ids[:1000], y[:1000]), batch_size=25, shuffle=True),
        val=DataLoader(TensorDataset(ids[1000:], y[1000:]), batch_size=200),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(4):
        running = 0.0
        for ids, y in setup["train"]:
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(ids), y)
            loss.backward()
            optimizer.step()
            running += loss.item()
            n += 1
            log(loss.item())
            if n == steps:
                return
        setup["train_loss"] = running / len(setup["train"])


@torch.no_grad()
def error(setup):
    """The share of wrong answers on held-out reviews."""
    (ids, y), *_ = setup["val"]
    return float(((setup["model"](ids) > 0).float() != y).float().mean())
