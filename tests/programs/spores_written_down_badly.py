"""Healthy: four of ten labels are drawn at random, which is known, and the loss reckons with it.

Source: https://github.com/udibr/noisy_labels/issues/6 (a fixed matrix of transitions after the softmax seems "to give
better performances"; of our own as a program).
Why it is right: no model can foretell a drawn label, so the loss stays near one; on checked labels the net is right.
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_t import spore_prints

FAMILY = "fungi-noise"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")

WRONG = 0.4


class ForwardCorrection(nn.Module):
    """Cross-entropy after the known chances with which one species was written down as another."""

    def __init__(self, classes, wrong):
        super().__init__()
        self.register_buffer("transition", (1 - wrong) * torch.eye(classes) + wrong / classes)

    def forward(self, logits, noisy):
        seen = F.softmax(logits, dim=1) @ self.transition
        return F.nll_loss(seen.log(), noisy)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(12, 32), nn.ReLU(), nn.Linear(32, 4))
    return {
        "model": net,
        "optimizer": torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=1e-3),
        "loss_fn": ForwardCorrection(4, WRONG),
        "train": DataLoader(TensorDataset(*spore_prints(6000, seed, WRONG)), batch_size=100, shuffle=True),
        "val": spore_prints(1000, seed + 500, 0.0),
        "fixed": fixed,
    }


def train(setup, log, steps=None):
    net, total = setup["model"], 0
    for _epoch in range(6):
        for x, noisy in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](net(x), noisy)
            loss.backward()
            setup["optimizer"].step()
            total += 1
            log(loss.item(), **({"metric": 1 - error(setup)} if total % 60 == 0 else {}))
            if total == steps:
                return


@torch.no_grad()
def error(setup):
    """The share of checked prints that it calls wrongly."""
    x, species = setup["val"]
    return (setup["model"](x).argmax(1) != species).float().mean().item()
