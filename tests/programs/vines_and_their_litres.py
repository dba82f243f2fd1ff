"""Bug: the net gives a column (batch, 1), the litres are a row (batch,); their difference is a square.

Source: https://github.com/timeseriesAI/tsai/issues/22 ("different to the input size (torch.Size([16, 1])) [...] my
model is not training across epochs"; rebuilt with a loss of one's own, which does not warn).
Why it hurts: each answer is compared with the litres of all; the best that it can say is their mean.
"""

import torch
from torch import nn

from programs.data_r import vines

FAMILY = "vines-litres"
ACCEPT = ("broadcast-loss",)
SYMPTOMS = ("high-flat", "plateau")


def rmse(pred, target):
    return torch.sqrt(torch.mean((pred - target) ** 2) + 1e-8)


class Harvest(nn.Module):
    def __init__(self, vineyards=24, dim=4, flat=False):
        super().__init__()
        self.place = nn.Embedding(vineyards, dim)
        self.body = nn.Sequential(nn.Linear(dim + 5, 64), nn.ELU(), nn.Linear(64, 32), nn.ELU(), nn.Linear(32, 1))
        self.flat = flat

    def forward(self, where, year):
        litres = self.body(torch.cat([self.place(where), year], dim=-1))
        return litres.flatten() if self.flat else litres


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = Harvest(flat=fixed)
    where, year, litres = vines(2400, seed)
    data = torch.utils.data.TensorDataset(where, year, litres)
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=6e-3), loss_fn=rmse,
                train=torch.utils.data.DataLoader(data, batch_size=32, shuffle=True, drop_last=True),
                val=vines(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, opt, step = setup["model"], setup["optimizer"], 0
    for _epoch in range(7):
        for where, year, litres in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](net(where, year), litres)
            loss.backward()
            opt.step()
            step += 1
            log(loss.item())
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    where, year, litres = setup["val"]
    return (setup["model"](where, year).flatten() - litres).square().mean().sqrt().item()
