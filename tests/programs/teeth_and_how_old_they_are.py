"""Bug: the loss of the mask (below one) and that of the age (squared years, hundreds) are added as they come.

Source: https://arxiv.org/abs/1705.07115 (as told at https://www.scholarfeed.org/paper/1705.07115v3: "strongly dependent
on the relative weighting between each task's loss"; rebuilt). Why it hurts: the gradient, clipped to length one, is
that of the age alone; the mask, a thousandth of it, is not learnt.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_s import tooth_pictures

FAMILY = "dentists-two-heads"
ACCEPT = ("loss-terms-unbalanced", "unscaled-targets")
SYMPTOMS = ("plateau", "slow", "healthy", "oscillating", "high-flat")


class ToothNet(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Conv2d(1, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, width, 3, padding=1), nn.ReLU()
        )
        self.mask = nn.Conv2d(width, 1, 3, padding=1)
        self.age = nn.Sequential(nn.Flatten(), nn.Linear(width, 24), nn.ReLU(), nn.Linear(24, 1))

    def forward(self, picture):
        h = self.trunk(picture)
        years = 45 + 20 * self.age(h.mean((2, 3)))
        return {"mask": self.mask(h)[:, 0], "age": years[:, 0]}


def total_loss(out, mask, age, years_unit):
    holes = F.binary_cross_entropy_with_logits(out["mask"], mask)
    years = F.mse_loss(out["age"] / years_unit, age / years_unit)
    return holes + years


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = ToothNet()
    return dict(model=net, optimizer=torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, nesterov=True),
                loss_fn=None, years_unit=20.0 if fixed else 1.0, train=tooth_pictures(640, seed),
                val=tooth_pictures(120, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, opt = setup["model"], setup["optimizer"]
    pictures, masks, ages = setup["train"]
    k = 0
    for _epoch in range(7):
        for i in torch.randperm(len(ages)).split(16):
            loss = total_loss(net(pictures[i]), masks[i], ages[i], setup["years_unit"])
            opt.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), max_norm=1.0)
            opt.step()
            k += 1
            log(loss.item())
            if k == steps:
                return


@torch.no_grad()
def error(setup):
    pictures, masks, _ = setup["val"]
    found, there = setup["model"](pictures)["mask"] > 0, masks > 0
    return 1 - ((found & there).sum() / (found | there).sum().clamp(min=1)).item()
