"""Bug: the loop over the horizons of a forecast sets the loss anew for each of them instead of adding it.

Source: https://github.com/alvinwan/neural-backed-decision-trees/issues/26 ("the loss is always overridden by the
latest one"; rebuilt).
Why it hurts: only the head of the farthest horizon is trained; the heads before it get no gradient at all.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_b import demand, windows

FAMILY = "demand-horizons"
ACCEPT = ("loss-term-lost",)
SYMPTOMS = ("plateau", "high-flat", "slow")
HORIZONS = (1, 6, 12, 24)


class Forecaster(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.rnn = nn.GRU(1, hidden, batch_first=True)
        self.heads = nn.ModuleDict({str(h): self.head(hidden) for h in HORIZONS})

    def head(self, hidden):
        return nn.Sequential(nn.Linear(hidden, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, past):
        _, state = self.rnn(past)
        return {name: head(state[-1]).squeeze(-1) for name, head in self.heads.items()}


def build(seed, fixed=False):
    torch.manual_seed(seed)
    past, following = windows(demand(1300, seed), 30, ahead=24)
    model = Forecaster()
    loader = DataLoader(TensorDataset(past, following), batch_size=32, shuffle=True, drop_last=True)
    return dict(model=model, optimizer=torch.optim.RMSprop(model.parameters(), lr=2e-3), loss_fn=None,
                criterion=nn.L1Loss(), train=loader, val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, criterion, n = setup["model"], setup["optimizer"], setup["criterion"], 0
    for _epoch in range(6):
        for past, following in setup["train"]:
            outputs, logged, loss = model(past), 0.0, 0.0
            for h in HORIZONS:
                term = criterion(outputs[str(h)], following[:, h - 1])
                logged += term.item() / len(HORIZONS)
                if setup["fixed"]:
                    loss += term / len(HORIZONS)
                else:
                    loss = term / len(HORIZONS)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(logged)
            if n == steps:
                return
