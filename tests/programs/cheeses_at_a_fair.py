"""Bug: the script was written for SGD; --optim adam was added, and the rate, 0.1 by default, stayed as it was.

Source: https://github.com/OpenNMT/OpenNMT-py/issues/805 ("you need to set the learning_rate to 0.001 by default it's 1
because default optim is sgd"); https://github.com/tensorflow/ranking/issues/70 (a ranking loss that stays; rebuilt).
Why it hurts: Adam moves every weight by a tenth in each step; the attention is at once beyond all use.
"""

import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_u import cheese_tables

FAMILY = "cheesefair-ranking"
ACCEPT = ("lr-too-high",)
SYMPTOMS = ("high-flat", "oscillating", "diverging", "plateau", "spiking")


def options(argv):
    p = argparse.ArgumentParser()
    p.add_argument("--optim", choices=["sgd", "adam"], default="sgd")
    p.add_argument("--learning_rate", type=float, default=0.1)
    p.add_argument("--dim", type=int, default=32)
    p.add_argument("--epochs", type=int, default=5)
    p.add_argument("--batch_size", type=int, default=50)
    return p.parse_args(argv)


class ListRanker(nn.Module):
    """Scores each cheese of a table with the others in view."""

    def __init__(self, dim):
        super().__init__()
        self.inp = nn.Linear(6, dim)
        layer = nn.TransformerEncoderLayer(dim, 4, 2 * dim, dropout=0.0, batch_first=True)
        self.body = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.score = nn.Linear(dim, 1)

    def forward(self, tables):
        return self.score(self.body(torch.relu(self.inp(tables)))).squeeze(-1)


def listwise(scores, first):
    return -scores.log_softmax(1).gather(1, first[:, None]).mean()


def build(seed, fixed=False):
    opt = options(["--optim", "adam", "--learning_rate", "0.002"] if fixed else ["--optim", "adam"])
    torch.manual_seed(seed)
    model = ListRanker(opt.dim)
    kind = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[opt.optim]
    data = TensorDataset(*cheese_tables(4000, seed))
    return dict(model=model, optimizer=kind(model.parameters(), lr=opt.learning_rate), loss_fn=listwise, opt=opt,
                train=DataLoader(data, batch_size=opt.batch_size, shuffle=True), val=None,
                fair=cheese_tables(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    count = 0
    for _epoch in range(setup["opt"].epochs):
        for tables, first in setup["train"]:
            loss = setup["loss_fn"](setup["model"](tables), first)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            count += 1
            log(loss.item())
            if count == steps:
                return


@torch.no_grad()
def error(setup):
    tables, first = setup["fair"]
    return setup["loss_fn"](setup["model"](tables), first).item()
