"""Healthy: greedy training: each layer has a head and an optimizer of its own, and the next begins when it is done.

Source: the greedy layer-wise training of Belilovsky and others, 2019 (rebuilt from the description).
Why it looks ill: lower layers run under no_grad, three optimizers, and the loss jumps up twice.
"""

import torch
from torch import nn

from programs.data_l import mosaics

FAMILY = "layerwise-greedy"
ACCEPT = ()
SYMPTOMS = ("healthy", "spiking", "oscillating", "plateau")


class Stage(nn.Module):
    def __init__(self, cin, cout, kinds=6):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(cin, cout, 3), nn.BatchNorm2d(cout), nn.ReLU())
        self.head = nn.Linear(cout, kinds)

    def forward(self, x):
        h = self.body(x)
        return h, self.head(h.amax((2, 3)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = nn.ModuleList([Stage(3, 16), Stage(16, 24), Stage(24, 24)])
    optimizers = tuple(torch.optim.Adam(stage.parameters(), lr=3e-3) for stage in net)
    return dict(model=net, optimizer=optimizers, loss_fn=nn.CrossEntropyLoss(), train=mosaics(960, seed), val=None,
                test=mosaics(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x, y = setup["train"]
    net, done = setup["model"], 0
    for depth, optimizer in enumerate(setup["optimizer"]):
        for _epoch in range(4):
            for rows in torch.randperm(len(x)).split(32):
                h = x[rows]
                with torch.no_grad():
                    for below in net[:depth]:
                        h, _ = below(h)
                _, logits = net[depth](h)
                loss = setup["loss_fn"](logits, y[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                done += 1
                log(loss.item())
                if done == steps:
                    return


@torch.no_grad()
def error(setup):
    h, y = setup["test"]
    for stage in setup["model"].eval():
        h, logits = stage(h)
    return (logits.argmax(1) != y).float().mean().item()
