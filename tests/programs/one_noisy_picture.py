"""Healthy: a deep image prior: a CNN that is fed with fixed noise learns four noisy pictures, and is stopped in time.

Source: https://arxiv.org/abs/1711.10925 (the method; no thread).
Why it looks ill: there is one batch, the same at every step, and that is the task.
"""

import torch
from torch import nn

from programs.data_i import sketches

FAMILY = "digits-prior"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow", "oscillating", "spiking")


class Hourglass(nn.Module):
    def __init__(self, depth=16, width=24):
        super().__init__()
        self.low = nn.Sequential(nn.Conv2d(depth, width, 3, padding=1), nn.BatchNorm2d(width), nn.LeakyReLU(0.2))
        self.up = nn.Upsample(scale_factor=2, mode="bilinear")
        self.mid = nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width), nn.LeakyReLU(0.2))
        self.out = nn.Conv2d(width, 1, 1)

    def forward(self, z):
        return self.out(self.mid(self.up(self.low(z)))).sigmoid()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    clean, _ = sketches(4, seed, noise=0.0)
    net = Hourglass()
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=1e-3), loss_fn=nn.MSELoss(),
                train=[(torch.rand(4, 16, 8, 8), clean + 0.2 * torch.randn_like(clean))], val=None, clean=clean,
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, optimizer = setup["model"], setup["optimizer"]
    ((noise, picture),) = setup["train"]
    for _ in range(150 if steps is None else steps):
        optimizer.zero_grad()
        out = net(noise + 0.02 * torch.randn_like(noise))
        loss = setup["loss_fn"](out, picture)
        loss.backward()
        optimizer.step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    ((noise, _),) = setup["train"]
    return setup["loss_fn"](setup["model"](noise), setup["clean"]).item()
