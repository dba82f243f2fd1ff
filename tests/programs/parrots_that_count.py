"""Healthy: a GRU that hears how often a parrot has called; clipped gradients, Adam at 1e-2.

Source: of our own (no thread). Why it is right: batch_first fits the data, the last state is read, and after a short
beginning, in which it learns to count at all, the loss falls steadily.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_n import parrots

FAMILY = "parrots-gru"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class CallDataset(Dataset):
    def __init__(self, n, seed):
        self.sound, self.calls = parrots(n, seed)

    def __len__(self):
        return self.calls.shape[0]

    def __getitem__(self, idx):
        return {"sound": self.sound[idx], "calls": self.calls[idx]}


class Counter(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.gru = nn.GRU(1, hidden, batch_first=True)
        self.out = nn.Linear(hidden, 5)

    def forward(self, sound):
        _, last = self.gru(sound)
        return self.out(last[0])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    counter = Counter()
    return dict(
        model=counter,
        optimizer=torch.optim.Adam(counter.parameters(), lr=1e-2),
        loss_fn=nn.CrossEntropyLoss(),
        train=DataLoader(CallDataset(1600, seed), batch_size=40, shuffle=True),
        val=DataLoader(CallDataset(400, seed + 500), batch_size=200),
        fixed=fixed,
    )


@torch.no_grad()
def error(setup):
    """The share of wrong counts."""
    wrong = [(setup["model"](b["sound"]).argmax(1) != b["calls"]).float().mean().item() for b in setup["val"]]
    return sum(wrong) / len(wrong)


def train(setup, log, steps=None):
    counter, done = setup["model"], 0
    for _epoch in range(10):
        for batch in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](counter(batch["sound"]), batch["calls"])
            loss.backward()
            nn.utils.clip_grad_norm_(counter.parameters(), 1.0)
            setup["optimizer"].step()
            done += 1
            if done % 100 == 0:
                log(loss.item(), metric=1 - error(setup))
            else:
                log(loss.item())
            if done == steps:
                return
