"""Bug: momentum was raised from 0.9 to 0.99, the rate of 0.1 was kept.

Source: https://distill.pub/2017/momentum/ (what a momentum near 1 does at the same rate; rebuilt as a student's loop).
Why it hurts: a step is a hundred gradients long; the weights swing past the valley and back.
"""

import torch
from torch import nn

from programs.data_j import exams

FAMILY = "exams-sgd"
ACCEPT = ("momentum-too-high", "lr-too-high")
SYMPTOMS = ("oscillating", "diverging", "spiking", "plateau", "high-flat", "non-finite", "slow")


def net(width=32):
    return nn.Sequential(nn.Linear(7, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1))


def build(seed, fixed=False, lr=0.1):
    torch.manual_seed(seed)
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9 if fixed else 0.99)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.MSELoss(), train=exams(1000, seed),
                val=exams(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, loss_fn = setup["model"], setup["optimizer"], setup["loss_fn"]
    X, Y = setup["train"]
    done = 0
    for _epoch in range(10):
        order = torch.randperm(len(X))
        for chunk in order.chunk(25):
            optimizer.zero_grad()
            loss = loss_fn(model(X[chunk]).view(-1), Y[chunk])
            loss.backward()
            optimizer.step()
            done += 1
            log(loss.item())
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    X, Y = setup["val"]
    return setup["loss_fn"](setup["model"](X).view(-1), Y).item()
