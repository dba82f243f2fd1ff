"""Healthy: attention has to find the value of a key among eight pairs; the loss waits, and then drops.

Source: https://datascience.stackexchange.com/questions/122686 (a transformer's loss "stuck at 0.693 in the beginning of
training and then started to decrease"). Why it looks ill: before the attention looks at the right pair, the best that
the model can say are the values that occur at all.
"""

import math

import torch
from torch import nn

from programs.data_f import lookups

FAMILY = "pairs-lookup"
ACCEPT = ()
SYMPTOMS = ("healthy", "slow", "plateau")


class Lookup(nn.Module):
    def __init__(self, keys=12, values=8, width=24):
        super().__init__()
        self.key, self.value = nn.Embedding(keys, width), nn.Embedding(values, width)
        self.q, self.k, self.v = (nn.Linear(width, width, bias=False) for _ in range(3))
        self.out = nn.Sequential(nn.Linear(width, 48), nn.GELU(), nn.Linear(48, values))

    def forward(self, pairs, asked):
        pair = self.key(pairs[..., 0]) + self.value(pairs[..., 1])
        score = (self.k(pair) @ self.q(self.key(asked)).unsqueeze(-1)).squeeze(-1)
        weight = torch.softmax(score / math.sqrt(pair.shape[-1]), dim=1)
        return self.out((weight.unsqueeze(-1) * self.v(pair)).sum(1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Lookup()
    optimizer = torch.optim.Adam(model.parameters(), lr=1.5e-3)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=None, val=None, seed=seed,
                test=lookups(500, 9999), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    """Every batch is drawn anew."""
    model, optimizer, loss_fn = setup["model"], setup["optimizer"], setup["loss_fn"]
    total = 350 if steps is None else steps
    for step in range(total):
        pairs, asked, answer = lookups(64, 1000 * setup["seed"] + step)
        loss = loss_fn(model(pairs, asked), answer)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss)


@torch.no_grad()
def error(setup):
    pairs, asked, answer = setup["test"]
    return (setup["model"](pairs, asked).argmax(1) != answer).float().mean().item()
