"""Bug: the gauges of a gas turbine go into the net as they are read: millibars near 1013, degrees near 1081.

Source: https://discuss.pytorch.org/t/neural-network-could-not-learn-on-this-type-of-data-why/96648/5 ("You could
normalize the input (which is usually done anyway)"; rebuilt).
Why it hurts: what differs from one hour to the next is a hundredth of what all hours share; steps go along the shared.
"""

import torch
from torch import nn

from programs.data_j import turbines

FAMILY = "turbine-raw"
ACCEPT = ("unscaled-inputs",)
SYMPTOMS = ("plateau", "slow", "high-flat", "oscillating", "spiking")


class NOxDataset(torch.utils.data.Dataset):
    def __init__(self, n, seed, stats=None):
        self.x, self.y = turbines(n, seed)
        if stats is not None:
            mean, std = stats
            self.x = (self.x - mean) / std

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        return {"gauges": self.x[i], "nox": self.y[i]}


def build(seed, fixed=False):
    torch.manual_seed(seed)
    raw = turbines(1280, seed)[0]
    stats = (raw.mean(0), raw.std(0)) if fixed else None
    loader = torch.utils.data.DataLoader(NOxDataset(1280, seed, stats), batch_size=64, shuffle=True)
    net = nn.Sequential(nn.Linear(8, 48), nn.ReLU(), nn.Linear(48, 24), nn.ReLU(), nn.Linear(24, 1))
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=2e-3), loss_fn=nn.MSELoss(), train=loader,
                val=NOxDataset(300, seed + 500, stats), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    it = 0
    for _ in range(18):
        for sample in setup["train"]:
            prediction = setup["model"](sample["gauges"]).squeeze(1)
            loss = setup["loss_fn"](prediction, sample["nox"])
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            it += 1
            if it == steps:
                return


@torch.no_grad()
def error(setup):
    val = setup["val"]
    return (setup["model"](val.x).squeeze(1) - val.y).square().mean().item()
