"""Healthy: the parity of three switches among twenty; the loss stays at 0.693 for long, and then falls at once.

Source: https://github.com/state-spaces/mamba/issues/61 ("an initial plateau followed by a rapid fall in the
loss curve"; another task; rebuilt).
Why it looks ill: no single switch tells anything, so the gradient is small and noisy until three are found together.
"""

import torch
from torch import nn

from programs.data_i import parities

FAMILY = "parity-plateau"
ACCEPT = ()
SYMPTOMS = ("healthy", "high-flat", "plateau", "slow")


class MLP(nn.Module):
    def __init__(self, switches=20, width=128):
        super().__init__()
        self.hidden, self.out = nn.Linear(switches, width), nn.Linear(width, 1)

    def forward(self, x):
        return self.out(torch.relu(self.hidden(x))).squeeze(-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = MLP()
    return dict(model=model, optimizer=torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.05),
                loss_fn=nn.BCEWithLogitsLoss(), train=parities(50000, seed), val=None, test=parities(1000, seed + 500),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, loss_fn = setup["model"], setup["optimizer"], setup["loss_fn"]
    stream = zip(*(part.split(100) for part in setup["train"]), strict=True)
    for n, (x, y) in enumerate(stream, 1):
        loss = loss_fn(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss.item())
        if n == steps:
            return


@torch.no_grad()
def error(setup):
    x, y = setup["test"]
    return ((setup["model"](x) > 0).float() != y).float().mean().item()
