"""Healthy: four labels in ten are wrong, and it is known how the apprentices err; the loss is corrected forward.

Source: the forward correction of Patrini et al., 2017 (https://github.com/giorgiop/loss-correction/issues/2; rebuilt).
Why it looks ill: the loss stays near the entropy of the errors, 0.9, from early on; the true kinds are found all the
same.
"""

import torch
from torch import nn

from programs.data_r import cocoons

FAMILY = "silkworms-forward"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")


class ForwardLoss(nn.Module):
    """-log of the chance that an apprentice writes this label: softmax of the scores, times how they err."""

    def __init__(self, transition):
        super().__init__()
        self.register_buffer("transition", transition)

    def forward(self, scores, written):
        chance = torch.softmax(scores, dim=1) @ self.transition
        return nn.functional.nll_loss(torch.log(chance + 1e-7), written)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    measures, written, _true, err = cocoons(4000, seed)
    net = nn.Sequential(nn.Linear(9, 32), nn.ReLU(), nn.Linear(32, 4))
    return {
        "model": net,
        "optimizer": torch.optim.Adam(net.parameters(), lr=3e-3, weight_decay=1e-3),
        "loss_fn": ForwardLoss(err),
        "train": (measures, written),
        "val": None,
        "checked": cocoons(600, seed + 500),
        "fixed": fixed,
    }


def train(setup, log, steps=None):
    measures, written = setup["train"]
    n = 0
    for _epoch in range(6):
        for rows in torch.randperm(len(written)).split(80):
            loss = setup["loss_fn"](setup["model"](measures[rows]), written[rows])
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            n += 1
            if n % 50 == 0:
                log(loss.item(), metric=1 - error(setup))
            else:
                log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """The share of cocoons that a master finds in the wrong basket."""
    measures, _written, true, _err = setup["checked"]
    return (setup["model"](measures).argmax(1) != true).float().mean().item()
