"""Bug: in training the orders are padded in front, in validation (another script) behind; the last state is read.

Source: https://stackoverflow.com/questions/46298793 (pre or post padding: behind, the state "would likely get 'flushed
out' to some extent by all the zero inputs that come after this word"; rebuilt).
Why it hurts: the GRU has never seen zeros after the words; up to nine of them wash its answer away.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader

from programs.data_m import commands

FAMILY = "commands-gru"
ACCEPT = ("preprocessing-mismatch",)
SYMPTOMS = ("overfitting",)


def pad(orders, side, length=12):
    rows = torch.zeros(len(orders), length, dtype=torch.long)
    for row, words in zip(rows, orders, strict=True):
        if side == "pre":
            row[length - len(words) :] = torch.tensor(words)
        else:
            row[: len(words)] = torch.tensor(words)
    return rows


class Collate:
    def __init__(self, side):
        self.side = side

    def __call__(self, samples):
        orders, what = zip(*samples, strict=True)
        return {"input_ids": pad(orders, self.side), "labels": torch.stack(what)}


class OrderGRU(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(40, 16)
        self.gru = nn.GRU(16, 48, batch_first=True)
        self.fc = nn.Linear(48, 5)

    def forward(self, input_ids):
        states, _ = self.gru(self.embedding(input_ids))
        return self.fc(states[:, -1])


def loader(n, seed, side, shuffle):
    samples = list(zip(*commands(n, seed), strict=True))
    return DataLoader(samples, batch_size=40, shuffle=shuffle, collate_fn=Collate(side))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = OrderGRU()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=5e-3), loss_fn=nn.CrossEntropyLoss(),
                train=loader(1600, seed, "pre", True), val=loader(320, seed + 500, "pre" if fixed else "post", False),
                fixed=fixed)  # fmt: skip


@torch.no_grad()
def error(setup):
    found = [setup["loss_fn"](setup["model"](b["input_ids"]), b["labels"]).item() for b in setup["val"]]
    return sum(found) / len(found)


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(8):
        for batch in setup["train"]:
            loss = setup["loss_fn"](setup["model"](batch["input_ids"]), batch["labels"])
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item(), **({"val_loss": error(setup)} if n % 40 == 0 else {}))
            if n == steps:
                return
