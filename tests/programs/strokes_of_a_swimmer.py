"""Bug: the recordings were concatenated stroke after stroke, and the batches are cut from that list in its order.

Source: https://dailydoseofds.beehiiv.com/p/why-is-it-important-to-shuffle-your ("If your data is ordered by labels,
this could negatively impact the model's convergence"; rebuilt with a temporal convolutional net).
Why it hurts: each batch holds one stroke only; the net learns to say that one and forgets the others.
"""

import torch
from torch import nn

from programs.data_p import swimmers

FAMILY = "swimmers-tcn"
ACCEPT = ("data-not-shuffled",)
SYMPTOMS = ("spiking", "oscillating", "high-flat", "plateau", "healthy", "too-good", "diverging")

CONFIG = {"lr": 2e-3, "batch": 32, "epochs": 5, "channels": 24}


def conv(c_in, c_out, dilation):
    return nn.Sequential(nn.Conv1d(c_in, c_out, 3, padding=dilation, dilation=dilation), nn.GELU())


class StrokeNet(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.net = nn.Sequential(conv(3, c, 1), conv(c, c, 2), conv(c, c, 4), nn.AdaptiveAvgPool1d(1), nn.Flatten())
        self.head = nn.Linear(c, 4)

    def forward(self, x):
        return self.head(self.net(x))


def load(seed):
    x, y = swimmers(2000, seed)
    parts = [(x[y == stroke], y[y == stroke]) for stroke in range(4)]
    return torch.cat([p[0] for p in parts]), torch.cat([p[1] for p in parts])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = StrokeNet(CONFIG["channels"])
    opt = torch.optim.Adam(model.parameters(), lr=CONFIG["lr"])
    return dict(model=model, optimizer=opt, loss_fn=nn.functional.cross_entropy, train=load(seed),
                val=swimmers(400, seed + 500), fixed=fixed)  # fmt: skip


def batches(x, y, mix):
    order = torch.randperm(len(x)) if mix else torch.arange(len(x))
    for rows in order.split(CONFIG["batch"]):
        yield x[rows], y[rows]


def train(setup, log, steps=None):
    model, opt = setup["model"], setup["optimizer"]
    step = 0
    for _ in range(CONFIG["epochs"]):
        for xb, yb in batches(*setup["train"], mix=setup["fixed"]):
            loss = setup["loss_fn"](model(xb), yb)
            opt.zero_grad()
            loss.backward()
            opt.step()
            step += 1
            log(loss)
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return nn.functional.cross_entropy(setup["model"](x), y).item()
