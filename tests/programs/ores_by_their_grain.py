"""Bug: the optimizer, written by hand, keeps 0.995 of its velocity, as the average of the weights does elsewhere.

Source: https://github.com/distillpub/post--momentum/issues/90 ("If the slider is moved to 0.99, the loss goes haywire";
rebuilt). Why it hurts: a step goes on for two hundred steps; the weights shoot past where they should stop, and swing.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_q import ores

FAMILY = "mines-ore"
ACCEPT = ("momentum-too-high", "lr-too-high")
SYMPTOMS = ("oscillating", "diverging", "spiking", "high-flat", "plateau", "non-finite")


class HeavyBall(torch.optim.Optimizer):
    """Polyak's method: velocity = keep * velocity - lr * gradient."""

    def __init__(self, params, lr, keep):
        super().__init__(params, dict(lr=lr, keep=keep))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                velocity = self.state[p].setdefault("velocity", torch.zeros_like(p))
                velocity.mul_(group["keep"]).sub_(p.grad, alpha=group["lr"])
                p.add_(velocity)


class OreNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3)
        self.conv2 = nn.Conv2d(16, 24, 3)
        self.fc = nn.Linear(24, 5)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        return self.fc(F.relu(self.conv2(x)).mean((2, 3)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = OreNet()
    keep = 0.9 if fixed else 0.995
    cuts, kinds = ores(1200, seed)
    return dict(model=net, optimizer=HeavyBall(net.parameters(), lr=0.025, keep=keep), loss_fn=F.cross_entropy,
                train=[(cuts[i : i + 30], kinds[i : i + 30]) for i in range(0, 1200, 30)],
                val=ores(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    i = 0
    for _epoch in range(8):
        for cut, kind in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = F.cross_entropy(setup["model"](cut), kind)
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            i += 1
            if i == steps:
                return


@torch.no_grad()
def error(setup):
    cuts, kinds = setup["val"]
    return F.cross_entropy(setup["model"](cuts), kinds).item()
