"""Bug: the hidden state is detached at every digit, not once between sequences as in the tutorial it comes from.

Source: https://github.com/yunjey/pytorch-tutorial/issues/90 ("why [...] states = detach(states)"; there between the
chunks); https://github.com/oxwhirl/pymarl/issues/161 (somebody wants it at every step; rebuilt).
Why it hurts: the error at the end tells no earlier step what it should have kept; only the last digit is learnt from.
"""

import torch
import torch.nn as nn

from programs.data_n import pairs_of_numbers

FAMILY = "balance-digits"
ACCEPT = ("graph-detached",)
SYMPTOMS = ("oscillating", "high-flat", "plateau", "slow", "spiking")


class Comparer(nn.Module):
    """A recurrent net, the digits one after the other."""

    def __init__(self, hidden, truncate):
        super().__init__()
        self.hidden, self.truncate = hidden, truncate
        self.cell = nn.GRUCell(2, hidden)
        self.h2o = nn.Linear(hidden, 1)

    def init_hidden(self, batch):
        return torch.zeros(batch, self.hidden)

    def forward(self, digits):
        h = self.init_hidden(len(digits))
        for t in range(digits.size(1)):
            if t % self.truncate == 0:
                h = h.detach()
            h = self.cell(digits[:, t], h)
        return self.h2o(h).squeeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    comparer = Comparer(hidden=16, truncate=10 if fixed else 1)
    return dict(
        model=comparer,
        optimizer=torch.optim.Adam(comparer.parameters(), lr=1e-2),
        loss_fn=nn.BCEWithLogitsLoss(),
        train=pairs_of_numbers(2000, seed),
        val=pairs_of_numbers(400, seed + 500),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    comparer, optimizer, loss_fn = setup["model"], setup["optimizer"], setup["loss_fn"]
    numbers, larger = setup["train"]
    for it in range(steps or 500):
        pick = torch.randint(len(numbers), (40,))
        optimizer.zero_grad()
        loss = loss_fn(comparer(numbers[pick]), larger[pick])
        loss.backward()
        optimizer.step()
        if (it + 1) % 100 == 0:
            log(loss.item(), metric=1 - error(setup))
        else:
            log(loss.item())


@torch.no_grad()
def error(setup):
    """The share of the pairs that are judged wrongly."""
    numbers, larger = setup["val"]
    return ((setup["model"](numbers) > 0) != (larger > 0.5)).float().mean().item()
