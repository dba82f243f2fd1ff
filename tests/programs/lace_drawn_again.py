"""Bug: backward and step, and never zero_grad.

Source: https://devpeace.com/python/48001598/why-do-we-need-to-call-zero-grad-in-pytorch ("PyTorch accumulates the
gradients on subsequent backward passes [...] Else the gradient would point in some other direction"; rebuilt).
Why it hurts: each step goes along the sum of all gradients since the first batch, as with a momentum of 1.
"""

import torch
import torch.nn as nn
from torch.utils.data import DataLoader

from programs.data_n import lace

FAMILY = "lace-autoencoder"
ACCEPT = ("missing-zero-grad",)
SYMPTOMS = ("oscillating", "high-flat", "plateau", "spiking", "diverging", "slow")


class Autoencoder(nn.Module):
    def __init__(self, pixels=144, code=8):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(pixels, 64), nn.ReLU(True), nn.Linear(64, code))
        self.decoder = nn.Sequential(nn.Linear(code, 64), nn.ReLU(True), nn.Linear(64, pixels), nn.Sigmoid())

    def forward(self, x):
        return self.decoder(self.encoder(x))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Autoencoder()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.MSELoss(),
                train=DataLoader(lace(1920, seed), batch_size=32, shuffle=True), val=lace(300, seed + 500),
                clear=fixed, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, criterion, optimizer = setup["model"], setup["loss_fn"], setup["optimizer"]
    i = 0
    for _epoch in range(8):
        for img in setup["train"]:
            # ===================forward=====================
            output = model(img)
            loss = criterion(output, img)
            # ===================backward====================
            if setup["clear"]:
                optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            log(loss.item())
            i += 1
            if i == steps:
                return


@torch.no_grad()
def error(setup):
    return setup["loss_fn"](setup["model"](setup["val"]), setup["val"]).item()
