"""Healthy: flow matching learns the way from noise to the points of an S; its loss is flat and noisy from early on.

Source: https://github.com/NVlabs/LongLive/issues/63 ("flow matching loss remains around 0.23 and shows no decreasing
trend" - a reasonable magnitude). Why it looks ill: many ways cross at each place, and only their mean can be learnt.
"""

import torch
from torch import nn

from programs.data_h import ribbon

FAMILY = "ribbon-velocity"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "high-flat", "slow", "oscillating")


class Velocity(nn.Module):
    def __init__(self, width=96):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(5, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(),
                                 nn.Linear(width, 2))  # fmt: skip

    def forward(self, x, t):
        return self.net(torch.cat([x, t, torch.sin(3 * t), torch.cos(3 * t)], 1))

    @torch.no_grad()
    def sample(self, n, generator, parts=40):
        x = torch.randn(n, 2, generator=generator)
        for i in range(parts):
            x = x + self(x, torch.full((n, 1), i / parts)) / parts
        return x


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = Velocity()
    points = ribbon(6000, seed)
    mean, std = points.mean(0), points.std(0)
    setup = dict(model=net, optimizer=torch.optim.AdamW(net.parameters(), lr=3e-3), loss_fn=nn.functional.mse_loss)
    return setup | dict(train=(points - mean) / std, val=None, test=(ribbon(500, seed + 500) - mean) / std, fixed=fixed)


def train(setup, log, steps=None):
    net, optimizer, data = setup["model"], setup["optimizer"], setup["train"]
    for _ in range(450 if steps is None else steps):
        x1 = data[torch.randint(0, len(data), (128,))]
        x0, t = torch.randn_like(x1), torch.rand(len(x1), 1)
        loss = setup["loss_fn"](net((1 - t) * x0 + t * x1, t), x1 - x0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(loss.item())


def error(setup):
    """How far a drawn point is from the nearest real one, on average."""
    drawn = setup["model"].sample(500, torch.Generator().manual_seed(4))
    return torch.cdist(drawn, setup["test"]).amin(1).mean().item()
