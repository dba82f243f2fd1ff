"""Bug: the hidden state is detached before each step of the cell, as once helped against an error of backward.

Source: of our own; after "Trying to backward through the graph a second time", for which detach is the usual advice.
Why it hurts: the gradient ends at the last crossing; what the net keeps of the first it never learns.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_t import rope_ends

FAMILY = "ropeends-gru"
ACCEPT = ("graph-detached",)
SYMPTOMS = ("high-flat", "plateau", "slow")


class RopeReader(nn.Module):
    def __init__(self, hidden=40, repackage=True):
        super().__init__()
        self.embed = nn.Embedding(12, 12)
        self.cell = nn.GRUCell(12, hidden)
        self.readout = nn.Linear(hidden, 4)
        self.repackage = repackage

    def init_hidden(self, batch):
        return torch.zeros(batch, self.cell.hidden_size)

    def forward(self, crossings):
        h = self.init_hidden(len(crossings))
        for token in crossings.T:
            if self.repackage:
                h = h.detach()
            h = self.cell(self.embed(token), h)
        return self.readout(h)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    reader = RopeReader(repackage=not fixed)
    x, y = rope_ends(2000, seed)
    batches = [{"rope": a, "end": b} for a, b in zip(x.split(40), y.split(40), strict=True)]
    return dict(model=reader, optimizer=torch.optim.Adam(reader.parameters(), lr=1e-2), loss_fn=F.cross_entropy,
                train=batches, val=rope_ends(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    reader, n = setup["model"], 0
    for _epoch in range(6):
        for k in torch.randperm(len(setup["train"])).tolist():
            batch = setup["train"][k]
            loss = setup["loss_fn"](reader(batch["rope"]), batch["end"])
            setup["optimizer"].zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return F.cross_entropy(setup["model"](x), y).item()
