"""Bug: the mean of log_prob is itself taken for the loss; the minus before it is missing.

Source: https://github.com/kmkurn/pytorch-crf/issues/27 ("The returned value is the log likelihood. So, to use it as a
loss objective to minimize, you'd want to multiply it by -1 first"; rebuilt). Why it hurts: the net makes what was
counted as unlikely as it can, without end.
"""

import torch
from torch import nn
from torch.distributions import Poisson

from programs.data_q import mites

FAMILY = "varroa-count"
ACCEPT = ("loss-sign-flipped",)
SYMPTOMS = ("too-good", "healthy", "diverging")


class MiteCounter(nn.Module):
    def __init__(self, columns=6, width=40):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(columns, width), nn.ELU(), nn.Linear(width, width), nn.ELU())
        self.rate = nn.Linear(width, 1)

    def forward(self, x):
        rate = nn.functional.softplus(self.rate(self.trunk(x))).squeeze(1) + 1e-3
        return Poisson(rate)


def likelihood_loss(predicted, counts):
    return predicted.log_prob(counts).mean()


def negative_likelihood_loss(predicted, counts):
    return -predicted.log_prob(counts).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    counter = MiteCounter()
    columns, counts = mites(1800, seed)
    return dict(
        model=counter,
        optimizer=torch.optim.Adam(counter.parameters(), lr=2e-3),
        loss_fn=negative_likelihood_loss if fixed else likelihood_loss,
        train=(columns, counts),
        val=mites(400, seed + 500),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    counter, opt = setup["model"], setup["optimizer"]
    columns, counts = setup["train"]
    done = 0
    for _epoch in range(12):
        for rows in torch.randperm(len(counts)).view(-1, 45):
            loss = setup["loss_fn"](counter(columns[rows]), counts[rows])
            opt.zero_grad()
            loss.backward()
            opt.step()
            done += 1
            if done % 40 == 0:
                log(loss.item(), metric=error(setup))
            else:
                log(loss.item())
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    """By how many mites it is wrong."""
    columns, counts = setup["val"]
    return (setup["model"](columns).mean - counts).abs().mean().item()
