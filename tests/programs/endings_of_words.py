"""Healthy: a GRU reads words letter by letter and says which kind of word each is; dictionaries as batches.

Source: of our own. Plain: padded, packed, clipped, one rate; about four words in a hundred bear an odd ending.
Why it is right: the loss falls to what those odd endings leave, and the held-out loss with it.
"""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.utils.data import DataLoader

from programs.data_p import sami

FAMILY = "sami-words"
ACCEPT = ()
SYMPTOMS = ("healthy",)


def collate(rows):
    words = [torch.tensor([ord(c) - 96 for c in row["word"]]) for row in rows]
    return {
        "letters": pad_sequence(words, batch_first=True),
        "lengths": torch.tensor([len(w) for w in words]),
        "kind": torch.tensor([row["kind"] for row in rows]),
    }


class WordReader(nn.Module):
    def __init__(self, dim=16, hidden=32):
        super().__init__()
        self.letters = nn.Embedding(17, dim, padding_idx=0)
        self.gru = nn.GRU(dim, hidden, batch_first=True)
        self.kind = nn.Linear(hidden, 4)

    def forward(self, batch):
        x = self.letters(batch["letters"])
        packed = pack_padded_sequence(x, batch["lengths"], batch_first=True, enforce_sorted=False)
        _, h = self.gru(packed)
        return self.kind(h[-1])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = WordReader()
    return dict(
        model=model,
        optimizer=torch.optim.Adam(model.parameters(), lr=3e-3),
        loss_fn=nn.CrossEntropyLoss(),
        train=DataLoader(sami(2000, seed), batch_size=40, shuffle=True, collate_fn=collate),
        val=collate(sami(400, seed + 500)),
        fixed=fixed,
    )


@torch.no_grad()
def error(setup):
    return setup["loss_fn"](setup["model"](setup["val"]), setup["val"]["kind"]).item()


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    n = 0
    for _epoch in range(5):
        for batch in setup["train"]:
            loss = setup["loss_fn"](model(batch), batch["kind"])
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            n += 1
            log(loss.item(), **({"val_loss": error(setup)} if n % 50 == 0 else {}))
            if n == steps:
                return
