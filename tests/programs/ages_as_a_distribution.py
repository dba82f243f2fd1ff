"""Bug: the age of a face is learned as a distribution, with its divergence written down as in the book: p * log(p / q).

Source: https://github.com/Lightning-AI/torchmetrics/issues/1029 ("KL-Divergence gives NaN on 0-probabilities");
https://github.com/TheAlgorithms/Python/issues/12233 (rebuilt, as a loss).
Why it hurts: far from the true age p is 0, and 0 * log(0) is NaN, from the first batch on.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_j import faces

FAMILY = "faces-age"
ACCEPT = ("log-of-zero", "undefined-operation")
SYMPTOMS = ("non-finite",)

AGES = torch.arange(12.0)


def soft_labels(age):
    """A triangle about the age, three years to each side."""
    p = torch.relu(1 - (AGES - age[:, None]).abs() / 3)
    return p / p.sum(1, keepdim=True)


def kl_divergence(p, q, safe=False):
    if safe:
        return torch.where(p > 0, p * (p.clamp(min=1e-12).log() - q.log()), 0.0).sum(1).mean()
    return (p * torch.log(p / q)).sum(1).mean()


class AgeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(20, 40), nn.LeakyReLU(), nn.Linear(40, 40), nn.LeakyReLU())
        self.head = nn.Linear(40, len(AGES))

    def forward(self, x):
        return torch.softmax(self.head(self.body(x)), 1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = AgeNet()
    loader = DataLoader(TensorDataset(*faces(1000, seed)), batch_size=40, shuffle=True)
    return dict(model=net, optimizer=torch.optim.AdamW(net.parameters(), lr=2e-3), loss_fn=None, train=loader,
                val=faces(200, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    seen = 0
    for _ in range(8):
        for x, age in setup["train"]:
            loss = kl_divergence(soft_labels(age), setup["model"](x), safe=setup["fixed"])
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            seen += 1
            if seen == steps:
                return


@torch.no_grad()
def error(setup):
    x, age = setup["val"]
    return ((setup["model"](x) * AGES).sum(1) - age).abs().mean().item()
