"""Bug: the loop calls backward and step, and zero_grad nowhere.

Source: https://thecodeforge.io/ml-ai/pytorch-training-loop/ ("The most common production bug is missing zero_grad";
rebuilt). Why it hurts: every step follows the sum of all gradients since the beginning.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader

from programs.data_o import measured

FAMILY = "ink-drying"
ACCEPT = ("missing-zero-grad",)
SYMPTOMS = ("oscillating", "diverging", "spiking", "plateau", "slow", "high-flat")


class DryingTime(nn.Module):
    def __init__(self, features=8, width=40):
        super().__init__()
        self.hidden = nn.Linear(features, width)
        self.out = nn.Linear(width, 1)

    def forward(self, batch):
        return self.out(torch.tanh(self.hidden(batch["recipe"]))).squeeze(-1)


def as_dicts(n, seed):
    return [{"recipe": a, "hours": b} for a, b in zip(*measured(n, seed, 2), strict=True)]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = DryingTime()
    return dict(model=net, optimizer=torch.optim.SGD(net.parameters(), lr=0.1), loss_fn=nn.MSELoss(),
                train=DataLoader(as_dicts(1200, seed), batch_size=40, shuffle=True),
                val=DataLoader(as_dicts(400, seed + 500), batch_size=400), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, opt, done = setup["model"], setup["optimizer"], 0
    for _ in range(12):
        for batch in setup["train"]:
            loss = setup["loss_fn"](net(batch), batch["hours"])
            if setup["fixed"]:
                opt.zero_grad()
            loss.backward()
            opt.step()
            log(loss.item())
            done += 1
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    return sum(setup["loss_fn"](setup["model"](b), b["hours"]).item() for b in setup["val"])
