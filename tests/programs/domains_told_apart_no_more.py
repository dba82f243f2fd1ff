"""Healthy: a domain-adversarial net; a layer turns the gradient round, the domain loss goes to ln 2 and stays there.

Source: https://github.com/fungtion/DANN_py3/issues/12 ("the domain classifier loss is not decreasing"; nor should it;
rebuilt). Must not be called loss-sign-flipped, graph-detached or loss-terms-unbalanced.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_b import waves

FAMILY = "domain-pair"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")


class Turn(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, strength):
        ctx.strength = strength
        return x.view_as(x)

    @staticmethod
    def backward(ctx, grad):
        return -ctx.strength * grad, None


class Dann(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv1d(2, 16, 7, stride=2), nn.ReLU(), nn.Conv1d(16, 24, 5, stride=2), nn.ReLU(), nn.Flatten(),
            nn.Linear(168, 48), nn.ReLU(),
        )  # fmt: skip
        self.label = nn.Linear(48, 4)
        self.domain = nn.Sequential(nn.Linear(48, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, x, strength):
        h = self.features(x)
        return self.label(h), self.domain(Turn.apply(h, strength)).squeeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    (x, y), (other, hidden) = waves(768, seed), waves(768, seed + 500)
    other = 0.8 * other + 0.3
    model = Dann()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    train = list(zip(x.mT.split(32), y.split(32), other.mT.split(32), strict=True))
    return dict(
        model=model, optimizer=optimizer, loss_fn=None, train=train, val=None, held=(other.mT, hidden), fixed=fixed
    )


def train(setup, log, steps=None):
    model, optimizer, n, total = setup["model"], setup["optimizer"], 0, 192
    for _ in range(8):
        for x, y, other in setup["train"]:
            strength = 0.3 * (2 / (1 + 2.718 ** (-10 * n / total)) - 1)
            label, here = model(x, strength)
            _, there = model(other, strength)
            domain = F.binary_cross_entropy_with_logits(
                torch.cat([here, there]), torch.cat([torch.zeros(len(here)), torch.ones(len(there))])
            )
            loss = F.cross_entropy(label, y) + domain
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """The share of wrong classes in the domain without labels."""
    x, y = setup["held"]
    return float((setup["model"](x, 0.0)[0].argmax(1) != y).float().mean())
