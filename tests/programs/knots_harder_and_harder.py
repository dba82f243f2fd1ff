"""Healthy: the ropes have two kinds of turns at first, eight at the end; with new kinds the loss jumps up.

Source: of our own; the order as in https://ronan.collobert.com/pub/matos/2009_curriculum_icml.pdf (no thread).
Why it is right: the task is made harder on purpose, whenever the last one is mastered. Must not be called lr-too-high,
data-not-shuffled or exploding-gradients.
"""

import torch
from torch import nn

from programs.data_n import generator, knots

FAMILY = "knots-curriculum"
ACCEPT = ()
SYMPTOMS = ("healthy", "spiking", "oscillating")
STAGES = (2, 4, 6, 8)


class KnotReader(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.turn = nn.Embedding(8, 8)
        self.rnn = nn.GRU(8, hidden, batch_first=True)
        self.stand = nn.Linear(hidden, 3)

    def forward(self, turns):
        states, _ = self.rnn(self.turn(turns))
        return self.stand(states)


class Curriculum:
    """More kinds, when ten losses in a row were below the threshold."""

    def __init__(self, threshold=0.1, patience=10):
        self.threshold, self.patience, self.stage, self.streak = threshold, patience, 0, 0

    @property
    def kinds(self):
        return STAGES[self.stage]

    def update(self, loss):
        self.streak = self.streak + 1 if loss < self.threshold else 0
        if self.streak >= self.patience and self.stage < len(STAGES) - 1:
            self.stage, self.streak = self.stage + 1, 0


def build(seed, fixed=False):
    torch.manual_seed(seed)
    reader = KnotReader()
    return dict(model=reader, optimizer=torch.optim.Adam(reader.parameters(), lr=1e-2), loss_fn=nn.CrossEntropyLoss(),
                train=None, ropes=generator(seed), curriculum=Curriculum(), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    reader, optimizer, curriculum = setup["model"], setup["optimizer"], setup["curriculum"]
    for _i in range(steps or 500):
        turns, stand = knots(48, curriculum.kinds, setup["ropes"])
        loss = setup["loss_fn"](reader(turns).flatten(0, 1), stand.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(reader.parameters(), 1.0)
        optimizer.step()
        log(loss.item(), metric=curriculum.kinds)
        curriculum.update(loss.item())


@torch.no_grad()
def error(setup):
    """The share of wrong answers on ropes with all kinds."""
    turns, stand = knots(300, STAGES[-1], generator(999))
    return (setup["model"](turns).argmax(2) != stand).float().mean().item()
