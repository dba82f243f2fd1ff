"""Healthy: the convolutions come trained from another task and are frozen on purpose; the optimizer has the head alone.

Source: of our own, after the feature extraction of https://github.com/pytorch/tutorials/pull/640.
Why it is right: the old patterns and the new ones are made alike; 132 weights are enough, and the rest shall not move.
"""

import torch
from torch import nn

from programs.data_o import pictures

FAMILY = "wagons-learner"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")


def backbone():
    return nn.Sequential(nn.Conv2d(1, 16, 5), nn.ReLU(), nn.Conv2d(16, 32, 3), nn.ReLU(), nn.AdaptiveMaxPool2d(1),
                         nn.Flatten())  # fmt: skip


def pretrained(seed):
    """Stands for the weights of a file: sixteen patterns learnt, four of them those of the wagons."""
    torch.manual_seed(1000 + seed)
    body, head = backbone(), nn.Linear(32, 16)
    x, y = pictures(2000, seed + 900, 39, many=16)
    opt = torch.optim.Adam([*body.parameters(), *head.parameters()], lr=4e-3)
    for _ in range(300):
        ids = torch.randint(len(x), (40,))
        loss = nn.functional.cross_entropy(head(body(x[ids])), y[ids])
        opt.zero_grad()
        loss.backward()
        opt.step()
    return body.requires_grad_(False)


def build(seed, fixed=False):
    body = pretrained(seed)
    torch.manual_seed(seed)
    model = nn.Sequential(body, nn.Linear(32, 4))
    return dict(model=model, optimizer=torch.optim.Adam(model[1].parameters(), lr=1e-2), loss_fn=nn.CrossEntropyLoss(),
                train=pictures(1200, seed, 39), val=pictures(300, seed + 500, 39), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x, y = setup["train"]
    n = 0
    for _epoch in range(8):
        for ids in torch.randperm(len(x)).split(40):
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](setup["model"](x[ids]), y[ids])
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
