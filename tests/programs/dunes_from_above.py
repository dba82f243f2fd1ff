"""Bug: forward and backward run in float16 without a scaler, and ripples in kilometres make for very small gradients.

Source: https://github.com/engichang1467/Open-Rig3R/issues/35 ("autocast defaults to fp16 with no GradScaler
[...] no NaN, no warning: the loss curve just flattens"; rebuilt with copies of the weights).
Why it hurts: most gradients lie below 6e-8, the smallest number of float16, and are 0.
"""

import copy

import torch
from torch import nn

from programs.data_n import dunes

FAMILY = "dunes-half"
ACCEPT = ("low-precision",)
SYMPTOMS = ("high-flat", "plateau", "slow")


class MixedPrecision:
    """Master weights in float32, a copy of them in float16 that does the work."""

    def __init__(self, master, scale):
        self.master, self.scale = master, scale
        self.worker = copy.deepcopy(master).half()

    def forward(self, x):
        with torch.no_grad():
            for p, w in zip(self.worker.parameters(), self.master.parameters(), strict=True):
                p.copy_(w)
                p.grad = None
        return self.worker(x.half())

    def backward(self, loss):
        (loss * self.scale).backward()
        for p, w in zip(self.worker.parameters(), self.master.parameters(), strict=True):
            w.grad = p.grad.float() / self.scale


def build(seed, fixed=False):
    torch.manual_seed(seed)
    master = nn.Sequential(nn.Linear(144, 48), nn.Tanh(), nn.Linear(48, 144))
    for p in master[2].parameters():
        nn.init.zeros_(p)
    light, height = dunes(3200, seed)
    return dict(
        model=master,
        optimizer=torch.optim.SGD(master.parameters(), lr=3.0, momentum=0.9),
        loss_fn=nn.MSELoss(),
        amp=MixedPrecision(master, scale=2.0**14 if fixed else 1.0),
        train=list(zip(light.split(64), height.split(64), strict=True)),
        val=dunes(200, seed + 500),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    amp, optimizer, n = setup["amp"], setup["optimizer"], 0
    for _epoch in range(6):
        for light, height in setup["train"]:
            loss = setup["loss_fn"](amp.forward(light).float(), height)
            amp.backward(loss)
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """The mean error, as a share of the mean height."""
    light, height = setup["val"]
    return ((setup["model"](light) - height).abs().mean() / height.abs().mean()).item()
