"""Healthy: learning from a stream; every hundred batches the rule of the world changes, and the net learns it anew.

Source: https://github.com/lm-sys/FastChat/issues/2025 ("training loss curve looks like stairs": "It is normal").
Why it looks ill: the loss jumps up at each change, and the end is no better than the middle.
"""

import torch
from torch import nn

from programs.data_l import bumpy

FAMILY = "stream-drift"
ACCEPT = ()
SYMPTOMS = ("healthy", "spiking", "oscillating", "plateau")


class Stream:
    """Batches that come once; rules 21, 22, 23 and 24 in turn."""

    def __init__(self, seed, size=64, every=100, batches=400):
        self.g = torch.Generator().manual_seed(118500 + seed)
        self.size, self.every, self.batches = size, every, batches

    def __iter__(self):
        for i in range(self.batches):
            x = torch.randn(self.size, 4, generator=self.g)
            y = bumpy(x, 21 + i // self.every)[:, 0]
            yield x, y + 0.1 * torch.randn(self.size, generator=self.g)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(4, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1), nn.Flatten(0))
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=5e-3), loss_fn=nn.MSELoss(),
                train=Stream(seed), val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    for n, (x, y) in enumerate(setup["train"], start=1):
        loss = setup["loss_fn"](setup["model"](x), y)
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())
        if n == steps:
            return
