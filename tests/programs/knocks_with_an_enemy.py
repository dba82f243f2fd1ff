"""Healthy: adversarial training; each batch is moved by a step against the net before the net learns from it.

Source: https://arxiv.org/abs/1706.06083 (Madry et al., with one step; rebuilt).
Nothing to mend: the loss of the moved batch stays high, since it is made to; on real knocks the net errs seldom.
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_g import knocks

FAMILY = "knocks-perturbed"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class KnockNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Conv2d(1, 12, 5, stride=2, padding=2), nn.Conv2d(12, 24, 3, stride=2, padding=1)
        self.fc = nn.Linear(24 * 5 * 6, 6)

    def forward(self, x):
        return self.fc(F.leaky_relu(self.b(F.leaky_relu(self.a(x)))).flatten(1))


def against(model, x, y, size):
    moved = (x + size * (2 * torch.rand_like(x) - 1)).requires_grad_(True)
    (slope,) = torch.autograd.grad(F.cross_entropy(model(moved), y), moved)
    moved = moved.detach() + 1.25 * size * slope.sign()
    return x + (moved - x).clamp(-size, size)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = KnockNet()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), size=0.2, fixed=fixed,
                train=DataLoader(TensorDataset(*knocks(1200, seed)), batch_size=48, shuffle=True),
                val=knocks(300, seed + 500))  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    while True:
        for x, y in setup["train"]:
            hard = against(model, x, y, setup["size"])
            loss = setup["loss_fn"](model(hard), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == (steps or 300):
                return


@torch.no_grad()
def error(setup):
    """On knocks that nobody has moved."""
    x, y = setup["val"]
    return (setup["model"](x).argmax(1) != y).float().mean().item()
