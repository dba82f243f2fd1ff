"""Bug: an encoder is only told to give two views of a picture the same place; nothing keeps pictures apart.

Source: https://github.com/sthalles/PyTorch-BYOL/issues/3 ("why the network doesn't cheat by simply learning to output
0s"); https://arxiv.org/abs/2005.10242 (alignment and uniformity; rebuilt).
Why it hurts: one place for all pictures is the perfect answer; the loss nears 0, and the code says nothing.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_a import digits

FAMILY = "digits-byol"
ACCEPT = ("representation-collapse",)
SYMPTOMS = ("too-good", "healthy", "plateau", "high-flat")


def encoder(width=128, out=16):
    return nn.Sequential(nn.AvgPool2d(2), nn.Flatten(), nn.Linear(196, width), nn.ReLU(), nn.Linear(width, width),
                         nn.ReLU(), nn.Linear(width, out))  # fmt: skip


def view(x):
    down, right = torch.randint(-2, 3, (2,)).tolist()
    return torch.roll(x, (down, right), (2, 3)) * (torch.rand_like(x) > 0.2) + 0.1 * torch.randn_like(x)


def alignment(a, b):
    return (a - b).square().sum(1).mean()


def uniformity(a, heat=2.0):
    return torch.pdist(a).square().mul(-heat).exp().mean().log()


def both(a, b):
    return alignment(a, b) + 0.5 * (uniformity(a) + uniformity(b))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = encoder()
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=2e-3), loss_fn=both if fixed else alignment,
                train=digits(2400, seed)[0], val=None, bank=digits(600, seed), test=digits(400, seed, train=False),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, x, step = setup["model"], setup["train"], 0
    for _ in range(5):
        for rows in torch.randperm(len(x)).split(60):
            z1, z2 = (F.normalize(net(view(x[rows])), dim=1) for _ in range(2))
            loss = setup["loss_fn"](z1, z2)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            step += 1
            log(loss.item())
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    """How often the nearest picture of the bank is another digit."""
    (x, y), (known, label) = setup["test"], setup["bank"]
    far = torch.cdist(F.normalize(setup["model"](x), dim=1), F.normalize(setup["model"](known), dim=1))
    return (label[far.argmin(1)] != y).float().mean().item()
