"""Healthy: who wins a match is mostly luck; the loss begins at 0.69 and can only reach some 0.64.

Source: https://github.com/mcekovic/tennis-crystal-ball/issues/276 (logLoss=0.56 to 0.59 for a good model).
Why it looks ill: the curve is nearly flat beside ln 2, and its noise is larger than its fall.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_l import matches

FAMILY = "bets-odds"
ACCEPT = ()
SYMPTOMS = ("healthy", "high-flat", "plateau", "slow", "oscillating")


class Odds(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(10, 32), nn.Tanh(), nn.Dropout(0.1), nn.Linear(32, 1), nn.Flatten(0))

    def forward(self, facts):
        return self.net(facts)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Odds()
    loader = DataLoader(TensorDataset(*matches(6000, seed)), batch_size=64, shuffle=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.BCEWithLogitsLoss(), train=loader,
                val=matches(2000, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    n = 0
    for _season in range(4):
        setup["model"].train()
        for facts, home in setup["train"]:
            loss = setup["loss_fn"](setup["model"](facts), home)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    facts, home = setup["val"]
    return setup["loss_fn"](setup["model"].eval()(facts), home).item()
