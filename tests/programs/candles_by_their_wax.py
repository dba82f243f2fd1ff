"""Bug: StepLR(step_size=3, gamma=0.3) is meant in epochs; scheduler.step() stands in the inner loop.

Source: https://github.com/pytorch/tutorials/pull/640 ("scheduler.step() per epoch not per batch");
https://github.com/abhishekkrthakur/wtfml/issues/7 (rebuilt).
Why it hurts: after thirty batches the rate is a hundred-thousandth of what it was.
"""

import torch
from torch import nn

from programs.data_o import measured

FAMILY = "candles-model"
ACCEPT = ("schedule-decays-too-early",)
SYMPTOMS = ("plateau", "high-flat", "slow")


def run_epoch(setup, log, steps, count):
    x, y = setup["train"]
    for idx in torch.randperm(len(x)).split(32):
        setup["optimizer"].zero_grad()
        loss = setup["loss_fn"](setup["model"](x[idx]).squeeze(1), y[idx])
        loss.backward()
        setup["optimizer"].step()
        if not setup["fixed"]:
            setup["scheduler"].step()
        log(loss.item())
        count += 1
        if count == steps:
            break
    return count


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(8, 64), nn.Tanh(), nn.Linear(64, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.3)
    return dict(model=model, optimizer=optimizer, scheduler=scheduler, loss_fn=nn.MSELoss(),
                train=measured(1600, seed, 19), val=measured(400, seed + 500, 19), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    count = 0
    for _epoch in range(9):
        count = run_epoch(setup, log, steps, count)
        if count == steps:
            return
        if setup["fixed"]:
            setup["scheduler"].step()


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x).squeeze(1), y).item()
