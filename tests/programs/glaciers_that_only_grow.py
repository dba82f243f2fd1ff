"""Bug: the last layer is followed by softplus, "for metres are positive"; but a glacier's balance is below zero mostly.

Source: https://github.com/SeungjunNah/DeepDeblur_release/issues/4 ("It is not worth restricting the output range");
https://github.com/dtak/tree-regularization-public/issues/2 (rebuilt for the balance of glaciers).
Why it hurts: the answer cannot be negative; the net says 0 for each bad year.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_k import glaciers

FAMILY = "glaciers-mlp"
ACCEPT = ("output-activation-mismatch",)
SYMPTOMS = ("high-flat", "plateau", "slow")


class BalanceModel(nn.Module):
    def __init__(self, positive):
        super().__init__()
        self.hidden = nn.ModuleList([nn.Linear(5, 40), nn.Linear(40, 40)])
        self.out, self.positive = nn.Linear(40, 1), positive

    def forward(self, year):
        for layer in self.hidden:
            year = F.elu(layer(year))
        metres = self.out(year)[:, 0]
        return F.softplus(metres) if self.positive else metres


def make_step(model, optimizer, loss_fn):
    """The usual function of tutorials that does one step and returns the loss."""

    def step(x, y):
        model.train()
        loss = loss_fn(model(x), y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    return step


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = BalanceModel(positive=not fixed)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.MSELoss(), train=glaciers(1200, seed), val=None,
                test=glaciers(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    step = make_step(setup["model"], setup["optimizer"], setup["loss_fn"])
    x, y = setup["train"]
    count = 0
    for _ in range(8):
        for rows in torch.randperm(len(x)).split(32):
            log(step(x[rows], y[rows]))
            count += 1
            if count == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["test"]
    return setup["loss_fn"](setup["model"].eval()(x), y).item()
