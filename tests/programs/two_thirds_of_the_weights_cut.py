"""Healthy: after half of the training the smallest two thirds of the weights are cut to zero, and the rest trains on.

Source: Han et al. 2015, https://arxiv.org/abs/1506.02626 (prune and retrain; rebuilt with masks by hand).
Why it looks ill: the loss leaps up in the middle; many weights are 0 and stay so.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_j import poker

FAMILY = "poker-hands"
ACCEPT = ()
SYMPTOMS = ("healthy", "spiking")


class Pruned(nn.Module):
    def __init__(self, width=48):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(13, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(),
                                    nn.Linear(width, 4))  # fmt: skip
        self.masks = {}

    def forward(self, x):
        return self.layers(x)

    @torch.no_grad()
    def cut(self, share):
        for name, p in self.named_parameters():
            if p.dim() == 2:
                self.masks[name] = p.abs() > p.abs().flatten().quantile(share)
        self.keep_cut()

    @torch.no_grad()
    def keep_cut(self):
        for name, p in self.named_parameters():
            if name in self.masks:
                p.mul_(self.masks[name])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Pruned()
    loader = DataLoader(TensorDataset(*poker(1800, seed)), batch_size=50, shuffle=True)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=4e-3), loss_fn=nn.CrossEntropyLoss(),
                train=loader, val=poker(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, n = setup["model"], 0
    for epoch in range(12):
        if epoch == 6:
            model.cut(0.67)
        for counts, hand in setup["train"]:
            loss = setup["loss_fn"](model(counts), hand)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            model.keep_cut()
            log(loss.item())
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    counts, hand = setup["val"]
    return (setup["model"](counts).argmax(1) != hand).float().mean().item()
