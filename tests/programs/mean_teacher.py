"""Healthy: a mean teacher; never trained, it follows the student by a moving average; its term in the loss grows.

Source: https://github.com/CuriousAI/mean-teacher (the method; no thread). Nothing to mend: the weight of the
consistency grows on purpose, and with it the loss.
"""

import copy

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_a import digits

FAMILY = "digits-mean-teacher"
ACCEPT = ()
SYMPTOMS = ("healthy",)


def make():
    conv = [nn.Conv2d(1, 8, 5, 2), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 16, 3, 2), nn.BatchNorm2d(16), nn.ReLU()]
    return nn.Sequential(*conv, nn.Flatten(), nn.Dropout(0.3), nn.Linear(400, 10))


@torch.no_grad()
def follow(teacher, student, decay):
    for a, b in zip(teacher.parameters(), student.parameters(), strict=True):
        a.lerp_(b, 1 - decay)
    for a, b in zip(teacher.buffers(), student.buffers(), strict=True):
        a.copy_(b)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    student = make()
    teacher = copy.deepcopy(student).requires_grad_(False)
    x, y = digits(3200, seed)
    batches = list(zip(x[:800].split(20), y[:800].split(20), x[800:].split(60), strict=True))
    opt = torch.optim.Adam(student.parameters(), lr=2e-3)
    setup = dict(model=student, teacher=teacher, optimizer=opt, loss_fn=F.cross_entropy, train=batches)
    return setup | dict(val=None, held_out=digits(500, seed, train=False), fixed=fixed)


def noisy(x):
    return x + 0.15 * torch.randn_like(x)


def train(setup, log, steps=None):
    student, teacher, opt, n = setup["model"], setup["teacher"], setup["optimizer"], 0
    for _epoch in range(5):
        for x, y, unlabelled in setup["train"]:
            everything = torch.cat([x, unlabelled])
            out = student(noisy(everything))
            with torch.no_grad():
                wanted = F.softmax(teacher(noisy(everything)), dim=1)
            consistency = F.mse_loss(F.softmax(out, dim=1), wanted)
            loss = setup["loss_fn"](out[: len(x)], y) + 10 * min(1.0, n / 100) * consistency
            opt.zero_grad()
            loss.backward()
            opt.step()
            follow(teacher, student, min(0.99, 1 - 1 / (n + 1)))
            n += 1
            log(loss)
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["held_out"]
    return float((setup["teacher"].eval()(x).argmax(1) != y).float().mean())
