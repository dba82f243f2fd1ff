"""Healthy: no net is trained: the pixels of one picture are, until its Gram matrices are those of a cloth.

Source: https://github.com/pytorch/pytorch/issues/52879 (a code is optimized, not a net); the method is that of Gatys
and others, with a fixed random net. Why it looks ill: the net is frozen and the optimizer holds one tensor only.
"""

import torch
from torch import nn

from programs.data_l import weaves

FAMILY = "gram-texture"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow")


class Canvas(nn.Module):
    def __init__(self, shape, eye):
        super().__init__()
        self.pixels = nn.Parameter(0.1 * torch.randn(shape))
        self.eye = eye.requires_grad_(False)

    def forward(self):
        return grams(self.eye, self.pixels)


def grams(eye, x):
    found = []
    for layer in eye:
        x = layer(x)
        if isinstance(layer, nn.ReLU):
            f = x.flatten(2)[0]
            found.append(f @ f.T / f.shape[1])
    return found


def build(seed, fixed=False):
    torch.manual_seed(seed)
    eye = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(16, 32, 3), nn.ReLU())
    cloth = weaves(seed)
    canvas = Canvas(cloth.shape, eye)
    wanted = [g.detach() for g in grams(eye, cloth)]
    return dict(model=canvas, optimizer=torch.optim.Adam([canvas.pixels], lr=0.03), loss_fn=nn.MSELoss(), train=wanted,
                val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    for _ in range(steps or 300):
        setup["optimizer"].zero_grad()
        loss = 0.0
        for said, wanted in zip(setup["model"](), setup["train"], strict=True):
            loss = loss + 100 * setup["loss_fn"](said, wanted)
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())
