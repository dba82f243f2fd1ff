"""Bug: dropout of 0.85 after each of three layers, "to be safe against overfitting".

Source: Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html, who drop half of the hidden units, and
fewer of the inputs (rebuilt for perfumes, with far more).
Why it hurts: hardly any path from the sensors to the shares is whole; the net keeps near the mean.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_k import perfumes

FAMILY = "perfume-noses"
ACCEPT = ("dropout-too-high",)
SYMPTOMS = ("high-flat", "plateau", "slow", "oscillating")


def block(inputs, outputs, p):
    return nn.Sequential(nn.Linear(inputs, outputs), nn.LeakyReLU(0.1), nn.Dropout(p))


class OilNet(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.blocks = nn.Sequential(block(24, 64, p), block(64, 64, p), block(64, 64, p))
        self.shares = nn.Linear(64, 4)

    def forward(self, sensors):
        return self.shares(self.blocks(sensors))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = OilNet(p=0.05 if fixed else 0.85)
    return dict(model=net, optimizer=torch.optim.NAdam(net.parameters(), lr=2e-3), loss_fn=nn.MSELoss(),
                train=DataLoader(TensorDataset(*perfumes(1500, seed)), batch_size=50, shuffle=True),
                val=perfumes(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    step = 0
    for epoch in range(10):
        setup["model"].train()
        for sensors, shares in setup["train"]:
            loss = setup["loss_fn"](setup["model"](sensors), shares)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            step += 1
            if step % 30 == 0:
                log(loss.item(), epoch=epoch, val_loss=error(setup))
            else:
                log(loss.item(), epoch=epoch)
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    sensors, shares = setup["val"]
    value = setup["loss_fn"](setup["model"].eval()(sensors), shares).item()
    setup["model"].train()
    return value
