"""Bug: the decoder of a translator ends with a softmax, and its output goes into CrossEntropyLoss.

Source: https://github.com/bentrevett/pytorch-seq2seq/issues/127 ("Shouldn't here we also use softmax ?" - the loss
"does both the softmax and the loss calculation"; rebuilt).
Why it hurts: the loss takes probabilities for logits, so it cannot fall far, and its gradients are small.
"""

import torch
from torch import nn

from programs.data_h import phrases

FAMILY = "phrases-gru-seq2seq"
ACCEPT = ("softmax-before-cross-entropy",)
SYMPTOMS = ("plateau", "slow", "high-flat")
START, VOCAB = 1, 23


class Encoder(nn.Module):
    def __init__(self, dim=32, hidden=48):
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, dim)
        self.rnn = nn.GRU(dim, hidden, batch_first=True, bidirectional=True)

    def forward(self, source):
        return self.rnn(self.embedding(source))


class Decoder(nn.Module):
    def __init__(self, dim=32, hidden=48, probabilities=True):
        super().__init__()
        self.embedding = nn.Embedding(VOCAB, dim)
        self.rnn = nn.GRU(dim, 2 * hidden, batch_first=True)
        self.query = nn.Linear(2 * hidden, 2 * hidden)
        self.out = nn.Linear(4 * hidden, VOCAB)
        self.softmax = nn.Softmax(dim=-1) if probabilities else nn.Identity()

    def forward(self, before, memory, state):
        h, _ = self.rnn(self.embedding(before), state)
        weights = torch.softmax(self.query(h) @ memory.transpose(1, 2) / 10, dim=-1)
        return self.softmax(self.out(torch.cat([h, weights @ memory], -1)))


class Seq2Seq(nn.Module):
    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, source, target):
        memory, last = self.encoder(source)
        state = last.transpose(0, 1).flatten(1).unsqueeze(0)
        before = torch.cat([torch.full((len(target), 1), START), target[:, :-1]], 1)
        return self.decoder(before, memory, state)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Seq2Seq(Encoder(), Decoder(probabilities=not fixed))
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=4e-3), loss_fn=nn.CrossEntropyLoss(),
                train=phrases(4800, seed), val=None, test=phrases(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    sources, targets = setup["train"]
    batches = [rows for _ in range(2) for rows in torch.randperm(len(sources)).split(64)]
    for rows in batches[:steps]:
        output = model(sources[rows], targets[rows])
        loss = criterion(output.reshape(-1, VOCAB), targets[rows].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        log(loss)


@torch.no_grad()
def error(setup):
    sources, targets = setup["test"]
    return (setup["model"](sources, targets).argmax(-1) != targets).float().mean().item()
