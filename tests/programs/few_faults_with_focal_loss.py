"""Healthy: one pump in twenty-five fails, and the focal loss is small from its first step on.

Source: https://github.com/Longqi-S/Focal-Loss/issues/1 (usually the focal loss is smaller than cross-entropy; rebuilt).
Nothing to mend: the last bias begins at the share of the faults, and what is easy counts little, so that the loss
has little room below; the ranking of the pumps gets good all the same.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from programs.data_b import auc
from programs.data_e import pumps

FAMILY = "pumps-faults"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "plateau", "spiking")


class FocalLoss(nn.Module):
    def __init__(self, gamma=2.0, alpha=0.75):
        super().__init__()
        self.gamma, self.alpha = gamma, alpha

    def forward(self, logit, failed):
        entropy = F.binary_cross_entropy_with_logits(logit, failed, reduction="none")
        missed = 1 - torch.exp(-entropy)
        weight = torch.where(failed > 0, self.alpha, 1 - self.alpha)
        return (weight * missed**self.gamma * entropy).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(10, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 1), nn.Flatten(0))
    nn.init.zeros_(model[4].weight)
    nn.init.constant_(model[4].bias, math.log(0.04 / 0.96))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=240, eta_min=3e-4)
    return dict(model=model, optimizer=optimizer, schedule=schedule, loss_fn=FocalLoss(), fixed=fixed,
                train=DataLoader(TensorDataset(*pumps(3840, seed)), batch_size=128, shuffle=True),
                val=pumps(1500, seed + 50))  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(8):
        for readings, failed in setup["train"]:
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(readings), failed)
            loss.backward()
            optimizer.step()
            setup["schedule"].step()
            n += 1
            log(loss)
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """One minus the area under the curve."""
    readings, failed = setup["val"]
    return 1 - auc(setup["model"](readings), failed)
