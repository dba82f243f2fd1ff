"""Bug: an optimizer is wrapped in a class whose step() does everything, but for zero_grad.

Source: https://github.com/yastrebksv/TennisCourtDetector/issues/7 ("There must be smt wrong" - no zero_grad in the
trainer); https://github.com/tenstorrent/tt-blacksmith/pull/711 (forgotten in a Trainer class; rebuilt).
Why it hurts: each step uses the sum of all gradients so far.
"""

import torch
from torch import nn

from programs.data_f import strokes

FAMILY = "strokes-denoiser"
ACCEPT = ("missing-zero-grad",)
SYMPTOMS = ("oscillating", "diverging", "spiking", "plateau", "high-flat")


class WarmOptimizer:
    """Adam whose rate rises in the first steps."""

    def __init__(self, params, lr, warmup, clears):
        self.inner = torch.optim.Adam(params, lr=lr)
        self.lr, self.warmup, self.clears, self.steps = lr, warmup, clears, 0

    def step(self, loss):
        self.steps += 1
        for group in self.inner.param_groups:
            group["lr"] = self.lr * min(1.0, self.steps / self.warmup)
        if self.clears:
            self.inner.zero_grad()
        loss.backward()
        self.inner.step()


def denoiser():
    down = [nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 24, 3, stride=2, padding=1), nn.ReLU()]
    up = [nn.ConvTranspose2d(24, 16, 2, stride=2), nn.ReLU(), nn.Conv2d(16, 1, 3, padding=1)]
    return nn.Sequential(*down, *up)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = denoiser()
    optimizer = WarmOptimizer(model.parameters(), lr=3e-3, warmup=10, clears=fixed)
    return dict(model=model, optimizer=optimizer.inner, loss_fn=nn.MSELoss(), train=strokes(640, seed), val=None,
                wrapper=optimizer, generator=torch.Generator().manual_seed(seed), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, pictures, g = setup["model"], setup["train"], setup["generator"]
    step = 0
    for _epoch in range(8):
        for clean in pictures[torch.randperm(len(pictures), generator=g)].split(32):
            noisy = clean + 0.4 * torch.randn(clean.shape, generator=g)
            loss = setup["loss_fn"](model(noisy), clean)
            setup["wrapper"].step(loss)
            log(loss.item())
            step += 1
            if step == steps:
                return
