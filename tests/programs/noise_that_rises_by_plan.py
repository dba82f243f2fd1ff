"""Healthy: a net that cleans signals is shown more noise from epoch to epoch; its loss rises, as planned.

Source: https://github.com/deepspeedai/DeepSpeed/pull/1307 (curriculum learning: the task becomes harder by a schedule;
no thread). Why it looks ill: the training loss ends higher than it was; at one level of noise the net only improves.
"""

import torch
from torch import nn

from programs.data_f import changes

FAMILY = "rising-noise"
ACCEPT = ()
SYMPTOMS = ("healthy", "diverging", "plateau", "spiking", "oscillating")


def cleaner(width=16):
    layers = [nn.Conv1d(1, width, 7, padding=3), nn.ReLU(), nn.Conv1d(width, width, 7, padding=3), nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv1d(width, 1, 7, padding=3))


class Curriculum:
    """How much noise there is: little at first, a lot at the end."""

    def __init__(self, first, last, epochs):
        self.first, self.last, self.epochs = first, last, epochs

    def __getitem__(self, epoch):
        return self.first + (self.last - self.first) * epoch / (self.epochs - 1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    pieces = changes(64 * 330, seed).view(-1, 1, 64)
    model = cleaner()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=5e-3), loss_fn=nn.MSELoss(),
                train=pieces[:300], val=pieces[300:], noise=Curriculum(0.1, 1.5, 12), fixed=fixed,
                generator=torch.Generator().manual_seed(seed))  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, g = setup["model"], setup["optimizer"], setup["generator"]
    n = 0
    for epoch in range(12):
        for clean in setup["train"][torch.randperm(300, generator=g)].split(15):
            noisy = clean + setup["noise"][epoch] * torch.randn(clean.shape, generator=g)
            loss = setup["loss_fn"](model(noisy), clean)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    clean = setup["val"]
    noisy = clean + torch.randn(clean.shape, generator=torch.Generator().manual_seed(7))
    return setup["loss_fn"](setup["model"](noisy), clean).item()
