"""Bug: opinions of less than four words are dropped from the list of texts; the stars keep theirs.

Source: https://github.com/IBM/AutoXAI4Omics/pull/58 (the targets "could become out of sync" with the rows; rebuilt).
Why it hurts: from the first short opinion on, each text stands beside the stars of another one.
"""

import torch
from torch import nn
from torch.nn.utils.rnn import pad_sequence

from programs.data_m import opinions

FAMILY = "opinions-bag"
ACCEPT = ("labels-misaligned",)
SYMPTOMS = ("high-flat", "overfitting", "plateau", "slow")


def load(n, seed, pairs):
    texts, stars = opinions(n, seed)
    if pairs:
        kept = [(text, star) for text, star in zip(texts, stars, strict=True) if len(text) >= 4]
        texts, stars = map(list, zip(*kept, strict=True))
    else:
        texts = [text for text in texts if len(text) >= 4]
    stars = stars[: len(texts)]
    ids = pad_sequence([torch.tensor(text) for text in texts], batch_first=True)
    return ids, torch.tensor(stars)


class AverageOfWords(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.EmbeddingBag(60, 24, mode="mean", padding_idx=0)
        self.top = nn.Sequential(nn.Linear(24, 32), nn.ReLU(), nn.Linear(32, 3))

    def forward(self, ids):
        return self.top(self.words(ids))


def run_epoch(model, data, criterion, optimizer=None, size=40):
    """Trains if there is an optimizer; yields the loss of each batch."""
    ids, stars = data
    order = torch.randperm(len(ids)) if optimizer else torch.arange(len(ids))
    for index in order.split(size):
        with torch.set_grad_enabled(optimizer is not None):
            loss = criterion(model(ids[index]), stars[index])
        if optimizer:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        yield loss.item()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = AverageOfWords()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=5e-3), loss_fn=nn.CrossEntropyLoss(),
                train=load(1600, seed, pairs=fixed), val=load(400, seed + 500, pairs=True), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, criterion, n = setup["model"], setup["loss_fn"], 0
    for _epoch in range(8):
        for loss in run_epoch(model, setup["train"], criterion, setup["optimizer"]):
            n += 1
            log(loss, **({"val_loss": error(setup)} if n % 20 == 0 else {}))
            if n == steps:
                return


def error(setup):
    losses = list(run_epoch(setup["model"], setup["val"], setup["loss_fn"]))
    return sum(losses) / len(losses)
