"""Bug: the learning rate of a linear probe is kept when the whole pretrained net is trained.

Source: https://github.com/facebookresearch/moco (the linear probe is trained at a rate of 30; no thread). Why it
hurts: a single layer on frozen features bears such a rate; the layers below do not, and lose what they had learned.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import digits

FAMILY = "digits-transfer"
ACCEPT = ("lr-too-high",)
SYMPTOMS = ("high-flat", "oscillating", "diverging")


def backbone():
    return nn.Sequential(
        nn.Conv2d(1, 8, 5, stride=2),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, stride=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(400, 32),
    )


def pretrain(body, x, y):
    """The old task: even or odd."""
    net = nn.Sequential(body, nn.ReLU(), nn.Linear(32, 2))
    opt = torch.optim.Adam(net.parameters(), lr=3e-3)
    for i in range(0, len(x), 50):
        opt.zero_grad()
        F.cross_entropy(net(x[i : i + 50]), y[i : i + 50] % 2).backward()
        opt.step()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = digits(4000, seed)
    body = backbone()
    pretrain(body, x[:2000], y[:2000])
    model = nn.Sequential(body, nn.ReLU(), nn.Linear(32, 10))
    rate = 0.02 if fixed else 2.0
    return dict(
        model=model,
        optimizer=torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9),
        loss_fn=nn.CrossEntropyLoss(),
        train=DataLoader(TensorDataset(x[2000:], y[2000:]), batch_size=40, shuffle=True),
        val=DataLoader(TensorDataset(*digits(500, seed, train=False)), batch_size=250),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, opt, loss_fn, n = setup["model"], setup["optimizer"], setup["loss_fn"], 0
    for _epoch in range(3):
        model.train()
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return
