"""Bug: the state is "repackaged" (detached) at every flash of the sequence, not between the sequences.

Source: https://github.com/oxwhirl/pymarl/issues/161 ("Detaching the hidden state can limit gradient propagation within
each time step"; rebuilt). Why it hurts: only the last flash is given a gradient, and the call comes among the first
two; nothing teaches the cell to keep it.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_q import lamp_signals

FAMILY = "lamps-miner"
ACCEPT = ("graph-detached",)
SYMPTOMS = ("high-flat", "plateau", "slow")


def repackage_hidden(h):
    """Wraps hidden states in new tensors, to detach them from their history."""
    return h.detach()


class SignalReader(nn.Module):
    def __init__(self, repackage, hidden=32):
        super().__init__()
        self.repackage = repackage
        self.cell = nn.GRUCell(5, hidden)
        self.decoder = nn.Linear(hidden, 4)

    def forward(self, flashes, h):
        for flash in flashes.unbind(1):
            if self.repackage is not None:
                h = self.repackage(h)
            h = self.cell(flash, h)
        return self.decoder(h), h


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = SignalReader(None if fixed else repackage_hidden)
    x, y = lamp_signals(3200, seed)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=1e-2), loss_fn=None,
                train=list(zip(x.split(64), y.split(64), strict=True)), val=lamp_signals(400, seed + 500),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    n = 0
    for _ in range(6):
        for flashes, colour in setup["train"]:
            model.zero_grad()
            scores, _h = model(flashes, torch.zeros(len(flashes), 32))
            loss = F.cross_entropy(scores, colour)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    flashes, colour = setup["val"]
    scores, _ = setup["model"](flashes, torch.zeros(len(flashes), 32))
    return F.cross_entropy(scores, colour).item()
