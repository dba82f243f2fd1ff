"""Bug: within the loop over time the state of a GRU cell goes through dropout with p=0.5, anew in each step.

Source: https://github.com/tensorflow/tensorflow/issues/11650 ("the general consensus that recurrent dropout doesn't
work/won't remember"; rebuilt: the state itself was dropped).
Why it hurts: the goal is called first; after eleven steps what a unit remembered of it is surely lost.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_r import sledges

FAMILY = "sledge-cell"
ACCEPT = ("dropout-too-high",)
SYMPTOMS = ("high-flat", "plateau", "slow")


class SledgeRNN(nn.Module):
    def __init__(self, calls=10, embed=12, hidden=24, goals=6, p=0.5, where="state"):
        super().__init__()
        self.embed = nn.Embedding(calls, embed)
        self.cell = nn.GRUCell(embed, hidden)
        self.readout = nn.Linear(hidden, goals)
        self.p, self.where = p, where

    def forward(self, calls):
        h = torch.zeros(len(calls), self.cell.hidden_size)
        for x in self.embed(calls).unbind(1):
            h = self.cell(x, h)
            if self.where == "state":
                h = F.dropout(h, self.p, self.training)
        return self.readout(h if self.where == "state" else F.dropout(h, self.p, self.training))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    rnn = SledgeRNN(p=0.1 if fixed else 0.5, where="readout" if fixed else "state")
    return {
        "model": rnn,
        "optimizer": torch.optim.Adam(rnn.parameters(), lr=1e-2),
        "loss_fn": F.cross_entropy,
        "train": sledges(2000, seed),
        "val": sledges(400, seed + 500),
        "fixed": fixed,
    }


def train(setup, log, steps=None):
    rnn, (calls, goal) = setup["model"], setup["train"]
    rnn.train()
    for _ in range(steps or 260):
        rows = torch.randint(len(calls), (40,))
        loss = F.cross_entropy(rnn(calls[rows]), goal[rows])
        setup["optimizer"].zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(rnn.parameters(), 1.0)
        setup["optimizer"].step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    setup["model"].eval()
    calls, goal = setup["val"]
    return F.cross_entropy(setup["model"](calls), goal).item()
