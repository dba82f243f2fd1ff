"""Bug: the lines of a file of mails are sorted by their label, and the batches are cut from it as it lies.

Source: https://github.com/facebookresearch/fastText/issues/74 ("it is important to shuffle the training data, so that
not all the examples of a given class are seen first"; rebuilt).
Why it hurts: a batch has one answer; the net learns to give it, and then the next one.
"""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

from programs.data_h import complaints

FAMILY = "emails-gru"
ACCEPT = ("data-not-shuffled",)
SYMPTOMS = ("oscillating", "spiking", "plateau", "slow", "high-flat", "diverging")


def read_lines(n, seed):
    """As `sort -k1` left them."""
    ids, kind = complaints(n, seed, kinds=4)
    order = kind.argsort(stable=True)
    return list(zip(ids[order], kind[order], strict=True))


def batches(lines, size, shuffled):
    order = torch.randperm(len(lines)) if shuffled else torch.arange(len(lines))
    for rows in order.split(size):
        chosen = [lines[i] for i in rows.tolist()]
        yield torch.stack([ids for ids, _ in chosen]), torch.stack([kind for _, kind in chosen])


class MailGRU(nn.Module):
    def __init__(self):
        super().__init__()
        self.lookup = nn.Embedding(62, 24, padding_idx=0)
        self.gru = nn.GRU(24, 40, batch_first=True)
        self.decide = nn.Linear(40, 4)

    def forward(self, ids):
        lengths = (ids != 0).sum(1)
        packed = pack_padded_sequence(self.lookup(ids), lengths, batch_first=True, enforce_sorted=False)
        return self.decide(self.gru(packed)[1][0])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = MailGRU()
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=3e-3), loss_fn=nn.CrossEntropyLoss(),
                train=read_lines(1600, seed), val=None, test=complaints(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(3):
        for ids, kind in batches(setup["train"], 32, setup["fixed"]):
            optimizer.zero_grad()
            loss = setup["loss_fn"](net(ids), kind)
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    ids, kind = setup["test"]
    return (setup["model"](ids).argmax(1) != kind).float().mean().item()
