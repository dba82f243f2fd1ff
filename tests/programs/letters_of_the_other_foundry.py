"""Healthy: a net that knows the types of one foundry is frozen on purpose, and a new head learns those of another.

Source: https://github.com/gudovskiy/cflow-ad/issues/41 ("encoder is always fixed"); the types are of our own.
Why it is right: only the head is given to the optimizer because only the head is to learn; strokes are strokes, and
what was learnt of the first foundry's serves for the second's.
"""

import torch
from torch import nn

from programs.data_q import type_pieces

FAMILY = "type-metal"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow")


class TypeReader(nn.Module):
    def __init__(self, letters=8):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(12, 24, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        )  # fmt: skip
        self.head = nn.Linear(216, letters)

    def forward(self, x):
        return self.head(self.backbone(x))


def fit(net, params, x, y, epochs, lr):
    optimizer = torch.optim.Adam(params, lr=lr)
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(40):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
            optimizer.step()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = TypeReader()
    fit(net, net.parameters(), *type_pieces(1200, seed, foundry=0), epochs=4, lr=3e-3)
    net.backbone.requires_grad_(False)
    net.head = nn.Linear(216, 8)
    return dict(model=net, optimizer=torch.optim.Adam(net.head.parameters(), lr=5e-3), loss_fn=nn.CrossEntropyLoss(),
                train=type_pieces(1200, seed, foundry=1), val=type_pieces(300, seed + 500, foundry=1),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, (x, y), n = setup["model"], setup["train"], 0
    for _epoch in range(8):
        for rows in torch.randperm(len(x)).split(40):
            with torch.no_grad():
                strokes = net.backbone(x[rows])
            loss = setup["loss_fn"](net.head(strokes), y[rows])
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
