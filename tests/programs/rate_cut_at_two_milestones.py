"""Healthy: an ordinary small CNN with momentum; the rate is cut to a tenth twice, and there the loss drops a step.

Source: https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiStepLR.html (no thread). The loss lies
flat and noisy before each cut and flat after the last; must not be called lr-too-low or schedule-decays-too-early.
"""

import torch
import torch.nn as nn
import torch.optim as optim

from programs.data_a import digits

FAMILY = "stepped-cnn"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")


def conv(i, o):
    return [nn.Conv2d(i, o, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU(inplace=True)]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = nn.Sequential(*conv(1, 10), *conv(10, 20), nn.AvgPool2d(2, ceil_mode=True), nn.Flatten(), nn.Linear(320, 10))
    x, y = digits(1600, seed)
    x = (x - x.mean()) / x.std()
    optimizer = optim.SGD(net.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=1e-4)
    scheduler = optim.lr_scheduler.MultiStepLR(optimizer, milestones=[4, 7], gamma=0.1)
    return {
        "model": net,
        "optimizer": optimizer,
        "schedule": scheduler,
        "loss_fn": nn.CrossEntropyLoss(),
        "train": [(x, y)],
        "val": None,
        "fixed": fixed,
    }


def train(setup, log, steps=None):
    net, optimizer, n = setup["model"], setup["optimizer"], 0
    inputs, labels = setup["train"][0]
    for _ in range(9):
        for rows in torch.randperm(len(inputs)).split(64):
            x = inputs[rows].roll(tuple(torch.randint(-1, 2, (2,)).tolist()), dims=(2, 3))
            optimizer.zero_grad()
            loss = setup["loss_fn"](net(x), labels[rows])
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
        setup["schedule"].step()
