"""Bug: the length of the linear decay is len(loader), the number of batches of one epoch of ten.

Source: https://github.com/ScrollPrize/villa/pull/1495 (the horizon of a schedule that is stepped once per batch was
too short by the batches of an epoch; rebuilt).
Why it hurts: the learning rate is zero from the second epoch on, and whatever was reached by then stays.
"""

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader, TensorDataset

from programs.data_b import reversals

FAMILY = "reversal-seq2seq"
ACCEPT = ("schedule-decays-too-early",)
SYMPTOMS = ("plateau", "high-flat")
BOS = 1


class Seq2Seq(nn.Module):
    def __init__(self, vocab=14, hidden=64):
        super().__init__()
        self.emb = nn.Embedding(vocab, 32)
        self.encoder = nn.GRU(32, hidden, batch_first=True)
        self.decoder = nn.GRU(32, hidden, batch_first=True)
        self.out = nn.Linear(hidden, vocab)

    def forward(self, src, tgt_in):
        _, state = self.encoder(self.emb(src))
        decoded, _ = self.decoder(self.emb(tgt_in), state)
        return self.out(decoded)


def linear_decay(total, warmup=10):
    def factor(step):
        if step < warmup:
            return (step + 1) / warmup
        return max(0.0, (total - step) / max(1, total - warmup))

    return factor


def build(seed, fixed=False):
    torch.manual_seed(seed)
    src, tgt = reversals(1200, seed, length=5)
    loader = DataLoader(TensorDataset(src, tgt), batch_size=40, shuffle=True)
    model = Seq2Seq()
    optimizer = torch.optim.AdamW(model.parameters(), lr=6e-3)
    total = len(loader) * (10 if fixed else 1)
    return dict(model=model, optimizer=optimizer, schedule=LambdaLR(optimizer, linear_decay(total)),
                loss_fn=None, criterion=nn.CrossEntropyLoss(), train=loader, val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, schedule, n = setup["model"], setup["optimizer"], setup["schedule"], 0
    for _epoch in range(10):
        for src, tgt in setup["train"]:
            tgt_in = torch.cat([torch.full((len(tgt), 1), BOS), tgt[:, :-1]], 1)
            loss = setup["criterion"](model(src, tgt_in).transpose(1, 2), tgt)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
