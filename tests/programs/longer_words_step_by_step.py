"""Healthy: a net learns to write a word backwards; each time that it can, the words get longer, and the loss jumps.

Source: https://github.com/snipsco/ntm-lasagne/issues/8 (sequences of length one, then "sequences of length 3-5").
Why it looks ill: the loss climbs several times; the task has become harder, on purpose.
"""

import torch
from torch import nn

FAMILY = "copy-curriculum"
ACCEPT = ()
SYMPTOMS = ("healthy", "spiking", "oscillating", "plateau", "slow")
LETTERS, GO = 10, 10


class Curriculum:
    """Starts with words of two letters; adds one whenever the mean loss of some steps is low."""

    def __init__(self, seed, longest=7):
        self.length, self.longest, self.seen = 2, longest, []
        self.g = torch.Generator().manual_seed(300 + seed)

    def batch(self, size=64, length=None):
        return torch.randint(LETTERS, (size, length or self.length), generator=self.g)

    def report(self, loss):
        self.seen.append(loss)
        recent = self.seen[-8:]
        if len(recent) == 8 and sum(recent) / 8 < 0.25 and self.length < self.longest:
            self.length, self.seen = self.length + 1, []


class Backwards(nn.Module):
    def __init__(self, width=96):
        super().__init__()
        self.letters = nn.Embedding(LETTERS + 1, 24)
        self.reader, self.writer = nn.GRU(24, width, batch_first=True), nn.GRU(24, width, batch_first=True)
        self.say = nn.Linear(width, LETTERS)

    def forward(self, words, target):
        _, state = self.reader(self.letters(words))
        before = torch.cat([torch.full((len(words), 1), GO), target[:, :-1]], 1)
        return self.say(self.writer(self.letters(before), state)[0])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Backwards()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=5e-3), loss_fn=nn.CrossEntropyLoss(),
                train=None, val=None, tasks=Curriculum(seed), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, tasks = setup["model"], setup["optimizer"], setup["tasks"]
    for _ in range(500 if steps is None else steps):
        words = tasks.batch()
        target = words.flip(1)
        loss = setup["loss_fn"](model(words, target).flatten(0, 1), target.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        tasks.report(loss.item())
        log(loss.item())


@torch.no_grad()
def error(setup):
    words = setup["tasks"].batch(300, length=4)
    return (setup["model"](words, words.flip(1)).argmax(2) != words.flip(1)).float().mean().item()
