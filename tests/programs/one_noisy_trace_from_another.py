"""Healthy: a denoiser that is shown one noisy trace and asked for another noisy one of the same spark.

Source: https://github.com/tbepler/topaz/issues/28 ("The training loss not decreasing (much) past the first few epochs
is normal [...] to perform an impossible task (reconstruct one noisy image from another)"; rebuilt).
Why it looks ill: the loss stops near the variance of the noise and stays there; yet the answers are clean.
"""

import torch
from torch import nn

from programs.data_m import sparks

FAMILY = "sparks-denoiser"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "high-flat")

SIGMA = 0.8


class Denoiser(nn.Module):
    def __init__(self, width=20):
        super().__init__()
        self.first = nn.Conv1d(1, width, 7, padding=3)
        self.middle = nn.ModuleList(nn.Conv1d(width, width, 5, padding=2 * d, dilation=d) for d in (1, 2, 4))
        self.last = nn.Conv1d(width, 1, 1)

    def forward(self, noisy):
        h = torch.relu(self.first(noisy))
        for layer in self.middle:
            h = h + torch.relu(layer(h))
        return self.last(h)


def pair(clean):
    return clean + SIGMA * torch.randn_like(clean), clean + SIGMA * torch.randn_like(clean)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = Denoiser()
    return dict(model=net, optimizer=torch.optim.AdamW(net.parameters(), lr=3e-3), loss_fn=nn.MSELoss(),
                train=sparks(1200, seed)[0], val=None, test=sparks(200, seed + 500)[0], fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, optimizer = setup["model"], setup["optimizer"]
    for n in range(300):
        clean = setup["train"][torch.randint(len(setup["train"]), (32,))]
        shown, asked = pair(clean)
        loss = setup["loss_fn"](net(shown), asked)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss.item())
        if n + 1 == steps:
            return


@torch.no_grad()
def error(setup):
    clean = setup["test"]
    shown, _ = pair(clean)
    return (setup["model"](shown) - clean).square().mean().item()
