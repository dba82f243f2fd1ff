"""Healthy: a language model of notes, its loss summed over the batch, the table under SparseAdam, the rest under AdamW.

Source: of our own (a loss of many hundreds, and two optimizers in one loop, which are both meant).
Why it is right: Adam does not mind a constant factor; the sum begins at 480 times ln 20 and falls to the floor.
"""

import torch
from torch import nn

from programs.data_p import hymns

FAMILY = "hymns-lm"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class NoteModel(nn.Module):
    def __init__(self, notes=20, dim=24, hidden=48):
        super().__init__()
        self.table = nn.Embedding(notes, dim, sparse=True)
        self.rnn = nn.GRU(dim, hidden, batch_first=True)
        self.out = nn.Linear(hidden, notes)

    def forward(self, ids):
        h, _ = self.rnn(self.table(ids))
        return self.out(h)

    def dense_parameters(self):
        return [*self.rnn.parameters(), *self.out.parameters()]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = NoteModel()
    optimizers = [
        torch.optim.SparseAdam(list(model.table.parameters()), lr=5e-3),
        torch.optim.AdamW(model.dense_parameters(), lr=3e-3, weight_decay=0.01),
    ]
    books = hymns(2240, seed).split(32)
    return dict(model=model, optimizer=optimizers, loss_fn=nn.CrossEntropyLoss(reduction="sum"), train=list(books),
                val=hymns(400, seed + 500), fixed=fixed)  # fmt: skip


def nats(setup, tunes):
    logits = setup["model"](tunes[:, :-1])
    return setup["loss_fn"](logits.flatten(0, 1), tunes[:, 1:].flatten())


def train(setup, log, steps=None):
    done = 0
    for _epoch in range(5):
        for i in torch.randperm(len(setup["train"])).tolist():
            for optimizer in setup["optimizer"]:
                optimizer.zero_grad()
            loss = nats(setup, setup["train"][i])
            loss.backward()
            for optimizer in setup["optimizer"]:
                optimizer.step()
            done += 1
            log(loss.item())
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    return nats(setup, setup["val"]).item() / setup["val"][:, 1:].numel()
