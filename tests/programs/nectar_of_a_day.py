"""Bug: the net gives a column (N, 1), the targets are a row (N,), and log-cosh, written by hand, takes all pairs.

Source: https://github.com/sktime/sktime/issues/10931 ("broadcasts (B, 1) against (B,) into a (B, B) all-pairs matrix");
https://github.com/pytorch/pytorch/issues/16045 (rebuilt). Why it hurts: each day is compared with the nectar of every
day of the batch, so the best answer is the same for all of them.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F

from programs.data_q import nectar

FAMILY = "nectar-flow"
ACCEPT = ("broadcast-loss",)
SYMPTOMS = ("high-flat", "plateau", "slow")


class LogCoshLoss(nn.Module):
    def forward(self, y_pred, y_true):
        diff = y_pred - y_true
        return (diff + F.softplus(-2.0 * diff) - 0.6931).mean()


class HourNet(nn.Module):
    """Three dilated convolutions over the hours, then the mean."""

    def __init__(self, channels=24):
        super().__init__()
        self.c1 = nn.Conv1d(3, channels, 3, padding=1)
        self.c2 = nn.Conv1d(channels, channels, 3, padding=2, dilation=2)
        self.c3 = nn.Conv1d(channels, channels, 3, padding=4, dilation=4)
        self.head = nn.Linear(channels, 1)

    def forward(self, hours):
        z = F.gelu(self.c1(hours))
        z = z + F.gelu(self.c2(z))
        z = z + F.gelu(self.c3(z))
        return self.head(z.mean(-1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = HourNet()
    x, y = nectar(1600, seed)
    x_val, y_val = nectar(400, seed + 500)
    return {"model": net, "optimizer": torch.optim.Adam(net.parameters(), lr=4e-3), "loss_fn": LogCoshLoss(),
            "train": list(zip(x.split(32), (y[:, None] if fixed else y).split(32), strict=True)),
            "val": (x_val, y_val), "fixed": fixed}  # fmt: skip


def train(setup, log, steps=None):
    net, optim, loss_function = setup["model"], setup["optimizer"], setup["loss_fn"]
    step = 0
    for _epoch in range(6):
        for x, y in setup["train"]:
            optim.zero_grad()
            loss = loss_function(net(x), y)
            loss.backward()
            optim.step()
            log(loss.item())
            step += 1
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return (setup["model"](x)[:, 0] - y).abs().mean().item()
