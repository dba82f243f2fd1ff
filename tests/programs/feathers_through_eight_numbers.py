"""Healthy: an autoencoder of outlines, eight numbers wide in the middle, noise added to its inputs.

Source: of our own (no thread). Why it is right: six numbers made each outline, eight are kept; the error
falls to little more than the noise that is in the outlines.
"""

import torch
import torch.nn as nn
from torch.utils.data import DataLoader

from programs.data_n import feathers

FAMILY = "feathers-autoencoder"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class FeatherAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.enc1 = nn.Linear(64, 96)
        self.enc2 = nn.Linear(96, 8)
        self.dec1 = nn.Linear(8, 96)
        self.dec2 = nn.Linear(96, 64)
        self.act = nn.GELU()

    def encode(self, x):
        return self.enc2(self.act(self.enc1(x)))

    def decode(self, z):
        return self.dec2(self.act(self.dec1(z)))

    def forward(self, x):
        return self.decode(self.encode(x))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    ae = FeatherAE()
    return dict(
        model=ae,
        optimizer=torch.optim.Adam(ae.parameters(), lr=5e-3),
        loss_fn=nn.MSELoss(),
        train=DataLoader(feathers(1920, seed), batch_size=32, shuffle=True),
        val=feathers(300, seed + 500),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    ae, mse, optimizer = setup["model"], setup["loss_fn"], setup["optimizer"]
    seen = 0
    for _epoch in range(11):
        for outline in setup["train"]:
            noisy = outline + 0.05 * torch.randn_like(outline)
            loss = mse(ae(noisy), outline)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            seen += 1
            log(loss.item())
            if seen == steps:
                return


@torch.no_grad()
def error(setup):
    return setup["loss_fn"](setup["model"](setup["val"]), setup["val"]).item()
