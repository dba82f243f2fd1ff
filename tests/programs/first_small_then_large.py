"""Healthy: a denoiser is trained on pictures of 8 by 8 first, then on the same of 16 by 16.

Source: Karras et al. 2018, https://arxiv.org/abs/1710.10196 (growing by stages; rebuilt for a plain denoiser).
Why it looks ill: the task and the net change in the middle; a part of the net gets no gradient before.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_j import scenery

FAMILY = "progressive-upscale"
ACCEPT = ()
SYMPTOMS = ("healthy", "spiking", "plateau")


class Grower(nn.Module):
    """An inner net for small pictures, and an outer one that is faded in around it."""

    def __init__(self, ch=12):
        super().__init__()
        self.inner = nn.Sequential(nn.Conv2d(1, ch, 3, padding=1), nn.ReLU(), nn.Conv2d(ch, 1, 3, padding=1))
        self.outer = nn.Sequential(nn.Conv2d(2, ch, 3, padding=1), nn.ReLU(), nn.Conv2d(ch, 1, 3, padding=1))

    def forward(self, x, share):
        if share == 0:
            return self.inner(x)
        rough = F.interpolate(self.inner(F.avg_pool2d(x, 2)), scale_factor=2)
        return rough + share * self.outer(torch.cat([x, rough], 1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = Grower()
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=3e-3, betas=(0.5, 0.99)),
                loss_fn=nn.MSELoss(), train=scenery(400, seed), val=scenery(80, seed + 500),
                generator=torch.Generator().manual_seed(seed), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    g, sharp = setup["generator"], setup["train"]
    for it in range(steps or 320):
        share = 0.0 if it < 140 else min(1.0, (it - 139) / 60)
        clean = sharp[torch.randint(len(sharp), (20,), generator=g)]
        if share == 0:
            clean = F.avg_pool2d(clean, 2)
        noisy = clean + 0.25 * torch.randn(clean.shape, generator=g)
        loss = setup["loss_fn"](setup["model"](noisy, share), clean)
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    clean = setup["val"]
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(2))
    return F.mse_loss(setup["model"](clean + 0.25 * noise, 1.0), clean).item()
