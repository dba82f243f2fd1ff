"""Healthy: a net reads eighteen hours of temperatures and foretells six hours, with two small batches to each step.

Source: of our own. Plain: each part of a batch gives half its loss, the gradients are cleared after the step.
Why it is right: the mean over the two parts is that of the whole batch; the loss falls, held out too.
"""

import torch
import torch.nn as nn

from programs.data_p import fevers

FAMILY = "fever-curves"
ACCEPT = ()
SYMPTOMS = ("healthy",)

ACCUMULATE = 2


class FeverNet(nn.Module):
    def __init__(self, hidden=64):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(18, hidden), nn.GELU(), nn.Linear(hidden, hidden), nn.GELU())
        self.head = nn.Linear(hidden, 6)

    def forward(self, day):
        last = day[:, -1:]
        return self.head(self.body(day - last)) + last


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = FeverNet()
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=3e-3), loss_fn=nn.MSELoss(),
                train=fevers(2400, seed), val=fevers(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    day, later = setup["train"]
    step = 0
    optimizer.zero_grad()
    for _epoch in range(9):
        parts = torch.randperm(len(day)).split(24)
        shown = 0.0
        for i, rows in enumerate(parts, 1):
            loss = criterion(net(day[rows]), later[rows]) / ACCUMULATE
            loss.backward()
            shown += loss.item()
            if i % ACCUMULATE == 0:
                optimizer.step()
                optimizer.zero_grad()
                step += 1
                log(shown)
                shown = 0.0
                if step == steps:
                    return


@torch.no_grad()
def error(setup):
    day, later = setup["val"]
    return nn.functional.mse_loss(setup["model"](day), later).item()
