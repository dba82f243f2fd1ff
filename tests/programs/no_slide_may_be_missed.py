"""Healthy: few slides may be missed, which is a constraint with a price of its own that rises while it is broken.

Source: Cotter et al. 2018, https://arxiv.org/abs/1804.06500 (games of two players for constraints; rebuilt with one
multiplier for slides of snow).
Why it looks ill: the loss contains the price, so it wanders up and down while the two settle.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_k import slopes

FAMILY = "slopes-dual"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "plateau", "diverging", "spiking")


class Watcher(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(5, 32), nn.ELU(), nn.Linear(32, 32), nn.ELU(), nn.Linear(32, 1))

    def forward(self, x):
        return self.net(x)[:, 0]


def missed(logits, slid):
    """A smooth count of the share of slides that get no warning."""
    return (torch.sigmoid(-4 * logits) * slid).sum() / slid.sum()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, slid = slopes(2400, seed)
    x = (x - x.mean(0)) / x.std(0)
    watcher, price = Watcher(), torch.zeros(())
    return dict(model=watcher, optimizer=torch.optim.Adam(watcher.parameters(), lr=3e-3), price=price,
                loss_fn=F.binary_cross_entropy_with_logits, train=(x[:2000], slid[:2000]), val=None,
                test=(x[2000:], slid[2000:]), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    (x, slid), allowed = setup["train"], 0.04
    for i in range(400):
        rows = torch.randint(len(x), (100,))
        logits = setup["model"](x[rows])
        over = missed(logits, slid[rows]) - allowed
        loss = setup["loss_fn"](logits, slid[rows]) + setup["price"] * over
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        setup["price"].add_(0.1 * over.detach()).clamp_(min=0)
        log(loss.item())
        if i + 1 == steps:
            return


@torch.no_grad()
def error(setup):
    """The share of slides without a warning."""
    x, slid = setup["test"]
    return missed(setup["model"](x), slid).item()
