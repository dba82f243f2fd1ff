"""Bug: the state of the cell is detached after each sign, as it should be only after each chunk of a long text.

Source: https://github.com/isayev/ReLeaSE/issues/39 ("My weights don't seem to be changing": a detach() in the sum);
https://discuss.pytorch.org/t/implementing-truncated-backpropagation-through-time/15500 (rebuilt).
Why it hurts: no gradient flows from the last sign to the first; the cell never learns to keep what it saw.
"""

import torch
from torch import nn

from programs.data_k import first_signs

FAMILY = "recall-cell"
ACCEPT = ("graph-detached",)
SYMPTOMS = ("high-flat", "slow", "plateau")


class Recaller(nn.Module):
    def __init__(self, signs=6, hidden=32):
        super().__init__()
        self.embed, self.cell = nn.Embedding(signs, 16), nn.GRUCell(16, hidden)
        self.answer, self.hidden = nn.Linear(hidden, signs), hidden

    def forward(self, row, cut):
        state = torch.zeros(len(row), self.hidden)
        for sign in self.embed(row).unbind(1):
            state = self.cell(sign, state)
            if cut:
                state = state.detach()
        return state


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Recaller()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=5e-3), loss_fn=nn.CrossEntropyLoss(),
                train=first_signs(2000, seed), val=None, test=first_signs(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    rows, first = setup["train"]
    model, optimizer = setup["model"], setup["optimizer"]
    for i in range(300):
        pick = torch.randint(len(rows), (40,))
        state = model(rows[pick], cut=not setup["fixed"])
        loss = setup["loss_fn"](model.answer(state), first[pick])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        log(loss.item())
        if i + 1 == steps:
            break


@torch.no_grad()
def error(setup):
    rows, first = setup["test"]
    model = setup["model"]
    return (model.answer(model(rows, cut=False)).argmax(1) != first).float().mean().item()
