"""Healthy: a GRU must keep the first of fifteen signs to the end; for a while it learns nothing, then all at once.

Source: https://github.com/ChuhuaW/SGNet.pytorch/issues/14 ("stagnating loss curve at the start after
which a sudden drop occured": "Yes, we had the same experience"; rebuilt).
Why it looks ill: the loss lies at ln 4 for a good part of the training.
"""

import torch
from torch import nn

from programs.data_m import heralds

FAMILY = "heralds-memory"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "high-flat", "slow", "spiking")


class Memory(nn.Module):
    def __init__(self, signs=12, hidden=40, answers=4):
        super().__init__()
        self.sign = nn.Embedding(signs, 12)
        self.cell = nn.GRUCell(12, hidden)
        self.answer = nn.Linear(hidden, answers)
        self.hidden = hidden

    def forward(self, signs):
        state = torch.zeros(len(signs), self.hidden)
        for sign in self.sign(signs).unbind(1):
            state = self.cell(sign, state)
        return self.answer(state)


def batches(signs, named, size, epochs):
    for _ in range(epochs):
        for rows in torch.randperm(len(signs)).split(size):
            yield signs[rows], named[rows]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = Memory()
    return dict(model=net, optimizer=torch.optim.RMSprop(net.parameters(), lr=3e-3), loss_fn=nn.CrossEntropyLoss(),
                train=heralds(2000, seed), val=None, test=heralds(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    for n, (signs, named) in enumerate(batches(*setup["train"], size=50, epochs=10), 1):
        loss = setup["loss_fn"](setup["model"](signs), named)
        setup["optimizer"].zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(setup["model"].parameters(), 1.0)
        setup["optimizer"].step()
        log(loss.item())
        if n == steps:
            return


@torch.no_grad()
def error(setup):
    signs, named = setup["test"]
    return (setup["model"](signs).argmax(1) != named).float().mean().item()
