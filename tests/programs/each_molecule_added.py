"""Bug: molecules have unequal lengths, so each goes through the net alone; their losses are added and stay a sum.

Source: https://pytorch.org/docs/stable/generated/torch.nn.MSELoss.html (reduction="sum"; no thread on this way to it).
Why it hurts: the gradient is 16 times that of the mean, and the rate was chosen on a net that takes whole batches.
"""

import random

import torch
from torch import nn

from programs.data_d import molecules

FAMILY = "molecule-sets"
ACCEPT = ("sum-reduction",)
SYMPTOMS = ("oscillating", "high-flat", "plateau", "diverging")


class DeepSet(nn.Module):
    def __init__(self, kinds=6, width=32):
        super().__init__()
        self.embed = nn.Embedding(kinds, width)
        self.atom = nn.Sequential(nn.Linear(width, width), nn.ReLU())
        self.whole = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1))

    def forward(self, atoms):
        return self.whole(self.atom(self.embed(atoms)).mean(0)).squeeze()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = DeepSet()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.04)
    data = molecules(192, seed)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.MSELoss(), train=data, val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, optimizer, loss_fn = setup["model"], setup["optimizer"], setup["loss_fn"]
    mixed, done = random.Random(0), 0
    for _ in range(7):
        data = list(setup["train"])
        mixed.shuffle(data)
        for i in range(0, len(data), 16):
            batch = data[i : i + 16]
            loss = 0.0
            for atoms, energy in batch:
                loss = loss + loss_fn(model(atoms), energy)
            if setup["fixed"]:
                loss = loss / len(batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            done += 1
            log(loss)
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    """The mean squared error on molecules that were held back."""
    held = molecules(100, 900)
    return sum((setup["model"](atoms) - energy).pow(2).item() for atoms, energy in held) / len(held)
