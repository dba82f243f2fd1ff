"""Bug: two heads, two losses, and in the second line stands = where += was meant.

Source: https://github.com/jcjohnson/fast-neural-style/pull/77 ("pixel loss is calculated within the loop but afterwards
it will be zero always"); https://github.com/jcjohnson/densecap/issues/32 (sums of losses gone wrong; rebuilt).
Why it hurts: the head for the hour gets no gradient at all; the log shows a good loss, that of the quarter.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from programs.data_k import clocks

FAMILY = "clocks-heads"
ACCEPT = ("loss-term-lost",)
SYMPTOMS = ("healthy", "plateau", "slow")


class ClockReader(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 12, 3, stride=2), nn.ReLU(), nn.Conv2d(12, 24, 3, stride=2), nn.ReLU(),
                                  nn.Flatten(), nn.Linear(24 * 9, 64), nn.ReLU())  # fmt: skip
        self.heads = nn.ModuleDict({"hour": nn.Linear(64, 12), "quarter": nn.Linear(64, 4)})

    def forward(self, face):
        h = self.stem(face)
        return {name: head(h) for name, head in self.heads.items()}


def total_loss(out, target, whole):
    loss = F.cross_entropy(out["hour"], target["hour"])
    if whole:
        loss += F.cross_entropy(out["quarter"], target["quarter"])
    else:
        loss = F.cross_entropy(out["quarter"], target["quarter"])
    return loss


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = ClockReader()
    loader = DataLoader(TensorDataset(*clocks(1500, seed)), batch_size=50, shuffle=True)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), loss_fn=total_loss, train=loader,
                val=None, test=clocks(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(8):
        for face, hour, quarter in setup["train"]:
            out = setup["model"](face)
            loss = setup["loss_fn"](out, {"hour": hour, "quarter": quarter}, setup["fixed"])
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """The share of clocks whose hour is read wrong."""
    face, hour, _ = setup["test"]
    return (setup["model"](face)["hour"].argmax(1) != hour).float().mean().item()
