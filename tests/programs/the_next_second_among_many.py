"""Healthy: contrastive coding of a series: which of the batch's windows follows this one?

Source: https://github.com/leftthomas/SimCLR/issues/14 ("I can see it around 4~3 while training the model"); van den
Oord et al. 2018, https://arxiv.org/abs/1807.03748 (rebuilt).
Why it looks ill: the loss begins above the logarithm of 64; many windows look alike, so it stays far above 0.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_j import gearboxes

FAMILY = "cpc-waves"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow")


class CPC(nn.Module):
    def __init__(self, window=16, dim=16):
        super().__init__()
        self.window = window
        self.encoder = nn.Sequential(nn.Linear(window, 32), nn.ReLU(), nn.Linear(32, dim))
        self.context = nn.GRU(dim, 24, batch_first=True)
        self.predict = nn.Linear(24, dim)

    def forward(self, series):
        z = self.encoder(series.unfold(1, self.window, self.window))
        c, _ = self.context(z[:, :-1])
        return self.predict(c[:, -1]), z[:, -1]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = CPC()
    loader = torch.utils.data.DataLoader(gearboxes(2560, seed), batch_size=64, shuffle=True)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3), loss_fn=nn.CrossEntropyLoss(),
                train=loader, val=gearboxes(64, seed + 500), fixed=fixed)  # fmt: skip


def info_nce(setup, series):
    guess, true = setup["model"](series)
    scores = F.normalize(guess, dim=1) @ F.normalize(true, dim=1).T / 0.1
    return setup["loss_fn"](scores, torch.arange(len(series)))


def train(setup, log, steps=None):
    done = 0
    for _ in range(8):
        for series in setup["train"]:
            loss = info_nce(setup, series)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            done += 1
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    return info_nce(setup, setup["val"]).item()
