"""Healthy: a letter model by truncated backpropagation; the state goes on from chunk to chunk, detached, without
shuffling.

Source: https://github.com/pytorch/examples/pull/104 (the word language model's way: SGD, large rate, clipping;
rebuilt). Must not be called data-not-shuffled, graph-detached or lr-too-high.
"""

import torch
from torch import nn

from programs.data_b import novel

FAMILY = "novel-stateful"
ACCEPT = ()
SYMPTOMS = ("healthy",)
BPTT, BATCH = 20, 16


class RNNModel(nn.Module):
    def __init__(self, ntoken, nhid=64):
        super().__init__()
        self.encoder = nn.Embedding(ntoken, 32)
        self.rnn = nn.GRU(32, nhid)
        self.decoder = nn.Linear(nhid, ntoken)
        nn.init.uniform_(self.encoder.weight, -0.1, 0.1)

    def forward(self, ids, hidden):
        output, hidden = self.rnn(self.encoder(ids), hidden)
        return self.decoder(output), hidden


def batchify(codes):
    length = len(codes) // BATCH
    return codes[: length * BATCH].view(BATCH, length).t().contiguous()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    codes, letters = novel(3000, seed)
    model = RNNModel(len(letters))
    return dict(model=model, optimizer=torch.optim.SGD(model.parameters(), lr=4.0), loss_fn=None,
                criterion=nn.CrossEntropyLoss(), train=None, source=batchify(codes), val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, source, n = setup["model"], setup["optimizer"], setup["source"], 0
    for _epoch in range(6):
        hidden = None
        for i in range(0, len(source) - 1 - BPTT, BPTT):
            data, targets = source[i : i + BPTT], source[i + 1 : i + 1 + BPTT]
            if hidden is not None:
                hidden = hidden.detach()
            model.zero_grad()
            output, hidden = model(data, hidden)
            loss = setup["criterion"](output.flatten(0, 1), targets.flatten())
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.25)
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
