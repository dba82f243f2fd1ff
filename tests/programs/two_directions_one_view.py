"""Bug: the last states of a bidirectional LSTM, (2, N, H), are viewed as (N, 2 H) without being transposed.

Source: https://github.com/graykode/nlp-tutorial/issues/38 ("will mess up the data examples in a batch"); the same in
https://github.com/facebookresearch/fairseq/issues/239 (rebuilt).
Why it hurts: row i holds the states of two other tunes; the keys of the tunes cannot be told.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader

from programs.data_f import tunes

FAMILY = "keys-rnn"
ACCEPT = ("batch-mixing",)
SYMPTOMS = ("high-flat", "plateau", "oscillating")


class KeyFinder(nn.Module):
    def __init__(self, view, hidden=24):
        super().__init__()
        self.embed = nn.Embedding(24, 12)
        self.lstm = nn.LSTM(12, hidden, batch_first=True, bidirectional=True)
        self.fc = nn.Linear(2 * hidden, 4)
        self.view = view

    def forward(self, notes):
        _, (h_n, _) = self.lstm(self.embed(notes))
        if self.view:
            return self.fc(h_n.view(notes.size(0), -1))
        return self.fc(torch.cat([h_n[0], h_n[1]], dim=1))


def collate(rows):
    return {"notes": torch.stack([notes for notes, _ in rows]), "key": torch.stack([key for _, key in rows])}


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = KeyFinder(view=not fixed)
    rows = list(zip(*tunes(1600, seed), strict=True))
    return dict(
        model=model,
        optimizer=torch.optim.Adam(model.parameters(), lr=5e-3),
        loss_fn=nn.CrossEntropyLoss(),
        train=DataLoader(rows, batch_size=32, shuffle=True, collate_fn=collate),
        test=tunes(400, seed + 500),
        val=None,
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, optimizer, step = setup["model"], setup["optimizer"], 0
    for _epoch in range(4):
        model.train()
        for batch in setup["train"]:
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(batch["notes"]), batch["key"])
            loss.backward()
            optimizer.step()
            step += 1
            log(loss.item())
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    notes, key = setup["test"]
    return (setup["model"].eval()(notes).argmax(1) != key).float().mean().item()
