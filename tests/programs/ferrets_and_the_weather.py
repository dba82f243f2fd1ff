"""Healthy: the loss falls from 1.7 to 0.7 in the first steps and stays, as seven tenths of the variance are noise.

Source: of our own. Why it is right: the noise was measured twice on the same day (deviation 0.8); 0.64 is the floor,
and the held-out loss lies as near to it.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_o import measured

FAMILY = "ferrets-regression"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")
MEASURED_NOISE = 0.8


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(8, 12), nn.Tanh(), nn.Linear(12, 1))
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.01, weight_decay=0.01)
    loader = DataLoader(TensorDataset(*measured(4000, seed, 36, noise=MEASURED_NOISE)), batch_size=80, shuffle=True)
    return dict(model=net, optimizer=optimizer, loss_fn=nn.MSELoss(), train=loader,
                val=measured(1000, seed + 500, 36, noise=MEASURED_NOISE), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    done = 0
    for _ in range(8):
        for x, y in setup["train"]:
            loss = setup["loss_fn"](setup["model"](x).squeeze(1), y)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            done += 1
            log(loss.item(), **({"val_loss": error(setup)} if done % 50 == 0 else {}))
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x).squeeze(1), y).item()
