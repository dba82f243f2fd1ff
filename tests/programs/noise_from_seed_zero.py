"""Bug: the noise of a diffusion model comes from a generator that is made, with seed 0, in every call of the loss.

Source: https://github.com/huggingface/diffusers/issues/7991 (torch.manual_seed in the evaluation rewinds the
training's randomness; the loss is lower, the samples are worse; rebuilt for the noise).
Why it hurts: there are only as many pairs of noise and time as rows in a batch; the net learns them by heart.
"""

import torch
from torch import nn

from programs.data_b import spiral

FAMILY = "spiral-ddpm"
ACCEPT = ("duplicated-augmentation", "same-batch-repeated", "overfitting")
SYMPTOMS = ("too-good", "healthy")


class NoiseNet(nn.Module):
    def __init__(self, width=96):
        super().__init__()
        self.time = nn.Linear(16, width)
        self.inp, self.mid, self.out = nn.Linear(2, width), nn.Linear(width, width), nn.Linear(width, 2)
        self.register_buffer("freq", 2.0 ** torch.arange(8) * 0.5)

    def forward(self, x, t):
        angles = t[:, None] * self.freq
        h = torch.relu(self.inp(x) + self.time(torch.cat([angles.sin(), angles.cos()], 1)))
        return self.out(torch.relu(self.mid(h)))


class Diffusion:
    def __init__(self, reproducible):
        self.reproducible = reproducible

    def loss(self, model, x, generator=None):
        if self.reproducible:
            generator = torch.Generator().manual_seed(0)
        t = torch.rand(len(x), generator=generator)
        noise = torch.randn(x.shape, generator=generator)
        keep = torch.cos(1.5 * t)[:, None] ** 2
        noisy = keep.sqrt() * x + (1 - keep).sqrt() * noise
        return (model(noisy, t) - noise).pow(2).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = NoiseNet()
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    points = spiral(2400, seed)
    return dict(model=model, optimizer=optimizer, loss_fn=None, train=None, points=points[:2000], held=points[2000:],
                val=None, diffusion=Diffusion(reproducible=not fixed), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(10):
        for x in setup["points"][torch.randperm(2000)].split(50):
            loss = setup["diffusion"].loss(model, x)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """The loss on held-out points with noise that nobody has seen."""
    g = torch.Generator().manual_seed(77)
    return float(Diffusion(reproducible=False).loss(setup["model"], setup["held"], g))
