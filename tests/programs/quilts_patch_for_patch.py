"""Healthy: a denoising autoencoder whose loss is a sum over pixels and pictures: it begins at thousands.

Source: of our own. Why it is right: Adam does not mind the size of the loss; the sum falls to what the noise leaves.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader

from programs.data_o import low_rank

FAMILY = "quilts-autoencoder"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class Quilt(nn.Module):
    def __init__(self):
        super().__init__()
        self.down = nn.Sequential(nn.Linear(48, 64), nn.GELU(), nn.Linear(64, 8))
        self.up = nn.Sequential(nn.Linear(8, 64), nn.GELU(), nn.Linear(64, 48))

    def forward(self, x):
        return self.up(self.down(x))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Quilt()
    loader = DataLoader(low_rank(2000, seed, 41, columns=48, factors=4), batch_size=50, shuffle=True)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=4e-3),
                loss_fn=nn.MSELoss(reduction="sum"), train=loader,
                val=low_rank(400, seed + 500, 41, columns=48, factors=4), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    step = 0
    while True:
        for clean in setup["train"]:
            noisy = clean + 0.2 * torch.randn_like(clean)
            loss = setup["loss_fn"](setup["model"](noisy), clean)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            step += 1
            log(loss.item())
            if step == (steps or 480):
                return


@torch.no_grad()
def error(setup):
    x = setup["val"]
    return (setup["model"](x) - x).pow(2).mean().item()
