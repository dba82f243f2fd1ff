"""Bug: the rate of a fine-tune (1e-6) is kept for a small net that starts from nothing.

Source: https://github.com/tegg89/SRCNN-Tensorflow/issues/24 ("Loss drop little": "Use bigger learning rate");
https://github.com/STVIR/pysot/issues/260 ("Maybe consider adjusting your learning rate"; rebuilt).
Why it hurts: in some three hundred steps of Adam no weight moves by more than three ten-thousandths.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_l import mosaics

FAMILY = "mosaic-closures"
ACCEPT = ("lr-too-low",)
SYMPTOMS = ("high-flat", "slow")


def make_net():
    return nn.Sequential(nn.Conv2d(3, 16, 4), nn.ReLU(), nn.Conv2d(16, 24, 3), nn.ReLU(), nn.AdaptiveMaxPool2d(1),
                         nn.Flatten(), nn.Linear(24, 6))  # fmt: skip


def make_step(net, loss_fn, optimizer):
    """A function that does one step of training."""

    def step(x, y):
        net.train()
        loss = loss_fn(net(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    return step


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = make_net()
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3 if fixed else 1e-6)
    loader = DataLoader(TensorDataset(*mosaics(1280, seed)), batch_size=32, shuffle=True)
    loss_fn = nn.CrossEntropyLoss()
    return dict(model=net, optimizer=optimizer, loss_fn=loss_fn, train=loader, val=mosaics(300, seed + 500),
                step=make_step(net, loss_fn, optimizer), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    done = 0
    for _epoch in range(8):
        for x, y in setup["train"]:
            log(setup["step"](x, y))
            done += 1
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"].eval()(x), y).item()
