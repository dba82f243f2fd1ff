"""Healthy: a third of the labels is wrong, as counted beforehand, and the loss stays near 0.9.

Source: of our own. Why it is right: with three names of ten drawn anew, no honest net comes below 0.8; on carefully
named berries it is right nearly always. The net is small and decays, so that it does not learn the errors by heart.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_o import kinds

FAMILY = "berries-children"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")
KNOWN_SHARE = 0.3


def named_by_children(n, seed):
    x, y = kinds(n, seed, 44)
    g = torch.Generator().manual_seed(seed)
    drawn = torch.randint(4, (n,), generator=g)
    return x, torch.where(torch.rand(n, generator=g) < KNOWN_SHARE, drawn, y)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, 4))
    optimizer = torch.optim.AdamW(net.parameters(), lr=5e-3, weight_decay=0.05)
    loader = DataLoader(TensorDataset(*named_by_children(3000, seed)), batch_size=50, shuffle=True)
    return dict(model=net, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=loader,
                val=kinds(600, seed + 500, 44), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    i = 0
    for _epoch in range(7):
        for x, named in setup["train"]:
            loss = setup["loss_fn"](setup["model"](x), named)
            setup["optimizer"].zero_grad(set_to_none=True)
            loss.backward()
            setup["optimizer"].step()
            i += 1
            log(loss.item(), **({"metric": 1 - error(setup)} if i % 60 == 0 else {}))
            if i == steps:
                return


@torch.no_grad()
def error(setup):
    """The share of carefully named berries that it takes for others."""
    x, y = setup["val"]
    return (setup["model"](x).argmax(1) != y).float().mean().item()
