"""Bug: the targets of a GRU that shall write recipes are its inputs themselves, not shifted by one.

Source: https://github.com/songlab-cal/tape/issues/32 ("if they're not shifted appropriately then training should give
you zero loss very quickly"); https://github.com/huggingface/transformers/issues/3711 (rebuilt).
Why it hurts: to say the word that one was given is no art; the next word is never learned.
"""

import torch
from torch import nn

from programs.data_i import recipes

FAMILY = "recipes-language-model"
ACCEPT = ("target-leak", "labels-misaligned")
SYMPTOMS = ("too-good", "healthy")


class CharRNN(nn.Module):
    def __init__(self, words=20, width=48):
        super().__init__()
        self.encoder = nn.Embedding(words, 24)
        self.rnn = nn.GRU(24, width, batch_first=True)
        self.decoder = nn.Linear(width, words)

    def forward(self, ids):
        hidden, _ = self.rnn(self.encoder(ids))
        return self.decoder(hidden)


def get_batch(lines, shift, size=40):
    rows = lines[torch.randint(len(lines), (size,))]
    return (rows[:, :-1], rows[:, 1:]) if shift else (rows, rows)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = CharRNN()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=5e-3), loss_fn=nn.CrossEntropyLoss(),
                train=recipes(2000, seed), val=None, test=recipes(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    for _it in range(300 if steps is None else steps):
        inputs, targets = get_batch(setup["train"], shift=setup["fixed"])
        optimizer.zero_grad()
        output = model(inputs)
        loss = criterion(output.reshape(-1, output.size(-1)), targets.reshape(-1))
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    """How well it knows the next word."""
    lines = setup["test"]
    return setup["loss_fn"](setup["model"](lines[:, :-1]).flatten(0, 1), lines[:, 1:].flatten()).item()
