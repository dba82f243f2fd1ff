"""Bug: total variation is added against grain, as the sum over all pixels of the batch; the difference is a mean.

Source: https://github.com/rtqichen/style-swap/issues/8 ("The best way to minimize this term is to make the entire image
one color, but of course that's not desirable"); https://github.com/zju-vipa/CMI/issues/8 (mean or sum; rebuilt).
Why it hurts: the sum is 4000 times a mean; a grey plane is the best picture.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_j import scenery

FAMILY = "scenery-tv"
ACCEPT = ("loss-terms-unbalanced", "sum-reduction")
SYMPTOMS = ("plateau", "high-flat", "slow", "healthy", "oscillating")


class Denoiser(nn.Module):
    def __init__(self, ch=16):
        super().__init__()
        self.net = nn.Sequential(nn.Conv2d(1, ch, 3, padding=1), nn.ReLU(), nn.Conv2d(ch, ch, 3, padding=1), nn.ReLU(),
                                 nn.Conv2d(ch, 1, 3, padding=1))  # fmt: skip

    def forward(self, grainy):
        return self.net(grainy)


class TVLoss(nn.Module):
    def __init__(self, weight, average):
        super().__init__()
        self.weight, self.average = weight, average

    def forward(self, img):
        dh, dw = (img[..., 1:, :] - img[..., :-1, :]).abs(), (img[..., :, 1:] - img[..., :, :-1]).abs()
        if self.average:
            return self.weight * (dh.mean() + dw.mean())
        return self.weight * (dh.sum() + dw.sum())


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Denoiser()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3), loss_fn=F.mse_loss,
                train=scenery(480, seed), val=scenery(80, seed + 500), tv=TVLoss(0.01, average=fixed),
                generator=torch.Generator().manual_seed(seed), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    clean, g, done = setup["train"], setup["generator"], 0
    for _ in range(10):
        for idx in torch.randperm(len(clean), generator=g).split(16):
            target = clean[idx]
            out = setup["model"](target + 0.2 * torch.randn(target.shape, generator=g))
            loss = setup["loss_fn"](out, target) + setup["tv"](out)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            done += 1
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    clean = setup["val"]
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(1))
    return F.mse_loss(setup["model"](clean + 0.2 * noise), clean).item()
