"""Healthy: Reptile learns a start for many small tasks; within each task the loss falls, at the next it jumps up.

Source: https://arxiv.org/abs/1803.02999 (the method; no thread).
Why it looks ill: the curve is a saw, and its teeth get shorter only slowly.
"""

import copy

import torch
from torch import nn

from programs.data_a import digits

FAMILY = "digits-reptile"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "spiking", "plateau", "slow")


def small_net():
    return nn.Sequential(nn.AvgPool2d(2), nn.Flatten(), nn.Linear(196, 48), nn.ReLU(), nn.Linear(48, 3))


class Tasks:
    """Three of ten digits, in a new order each time."""

    def __init__(self, seed):
        self.x, self.y = digits(3000, seed)
        self.g = torch.Generator().manual_seed(seed)

    def draw(self, shots=10):
        chosen = torch.randperm(10, generator=self.g)[:3]
        pictures, labels = [], []
        for label, digit in enumerate(chosen.tolist()):
            rows = torch.nonzero(self.y == digit)[:, 0]
            rows = rows[torch.randint(len(rows), (shots,), generator=self.g)]
            pictures.append(self.x[rows])
            labels += [label] * shots
        return torch.cat(pictures), torch.tensor(labels)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = small_net()
    return dict(model=model, optimizer=torch.optim.SGD(model.parameters(), lr=0.3), loss_fn=nn.CrossEntropyLoss(),
                train=None, val=None, tasks=Tasks(seed), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _task in range(60):
        start = copy.deepcopy(model.state_dict())
        x, y = setup["tasks"].draw()
        for _inner in range(6):
            loss = setup["loss_fn"](model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            log(loss.item())
            n += 1
            if n == steps:
                return
        with torch.no_grad():
            for name, p in model.named_parameters():
                p.copy_(start[name] + 0.5 * (p - start[name]))
