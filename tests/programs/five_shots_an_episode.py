"""Healthy: prototypical networks; each step is an episode of its own with five of forty kinds of turned digits.

Source: https://github.com/jakesnell/prototypical-networks (the original code; no thread).
Why it looks ill: some episodes are far harder than others, so that the loss jumps by half of itself to the end.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_a import digits

FAMILY = "few-shot-episodes"
ACCEPT = ()
SYMPTOMS = ("healthy",)
WAYS, SHOTS, QUERIES = 5, 5, 6


def conv(inputs, outputs):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2))


class Episodes:
    """Draws classes, which are a digit and a quarter turn together, and pictures of them."""

    def __init__(self, n, seed, episodes):
        x, y = digits(n, seed)
        turn = torch.arange(n) % 4
        self.x = torch.stack([picture.rot90(int(k), (1, 2)) for picture, k in zip(x, turn, strict=True)])
        self.of = [torch.where((y == c) & (turn == k))[0] for c in range(10) for k in range(4)]
        self.episodes = episodes

    def __iter__(self):
        for _ in range(self.episodes):
            classes = torch.randperm(len(self.of))[:WAYS].tolist()
            rows = [self.of[c][torch.randperm(len(self.of[c]))[: SHOTS + QUERIES]] for c in classes]
            pictures = torch.stack([self.x[r] for r in rows])
            yield pictures[:, :SHOTS], pictures[:, SHOTS:]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    encoder = nn.Sequential(conv(1, 8), conv(8, 16), conv(16, 16), nn.Flatten())
    optimizer = torch.optim.Adam(encoder.parameters(), lr=3e-3)
    return dict(model=encoder, optimizer=optimizer, loss_fn=F.cross_entropy, train=Episodes(2000, seed, 140), val=None,
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    encoder, optimizer = setup["model"], setup["optimizer"]
    for i, (support, query) in enumerate(setup["train"], 1):
        codes = encoder(torch.cat([support.flatten(0, 1), query.flatten(0, 1)]))
        prototypes = codes[: WAYS * SHOTS].view(WAYS, SHOTS, -1).mean(1)
        logits = -torch.cdist(codes[WAYS * SHOTS :], prototypes).square() / 16
        target = torch.arange(WAYS).repeat_interleave(query.shape[1])
        loss = setup["loss_fn"](logits, target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss.item())
        if i == steps:
            return
