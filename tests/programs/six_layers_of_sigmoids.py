"""Bug: a deep net for a table with a sigmoid after each layer.

Source: https://github.com/aymericdamien/TensorFlow-Examples/pull/146 (rectified units in place of sigmoids, because
of the vanishing gradient). Why it hurts: each sigmoid takes three quarters of the slope or more; the first layers get
nothing.
"""

import torch
from torch import nn

from programs.data_a import waves

FAMILY = "waves-deep"
ACCEPT = ("vanishing-gradients",)
SYMPTOMS = ("high-flat", "slow", "plateau")


def deep_net(n_in, width, depth, activation):
    layers = [nn.Linear(n_in, width), activation()]
    for _ in range(depth - 1):
        layers += [nn.Linear(width, width), activation()]
    return nn.Sequential(*layers, nn.Linear(width, 1))


def get_batches(x, y, size):
    order = torch.randperm(len(x))
    for rows in order.split(size):
        yield x[rows], y[rows]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = waves(2000, seed)
    model = deep_net(6, 32, 6, nn.ReLU if fixed else nn.Sigmoid)
    opt = torch.optim.Adam(model.parameters(), lr=1e-3)
    setup = dict(model=model, optimizer=opt, loss_fn=nn.MSELoss(), val=None, fixed=fixed)
    return setup | {"train": [(x, y.unsqueeze(1))]}


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    ((x, y),) = setup["train"]
    for _epoch in range(10):
        for a, b in get_batches(x, y, 50):
            opt.zero_grad()
            loss = setup["loss_fn"](model(a), b)
            loss.backward()
            opt.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
