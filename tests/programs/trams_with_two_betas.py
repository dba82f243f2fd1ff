"""Bug: the config names them beta2 and beta1, and Adam gets betas=(0.999, 0.9).

Source: https://github.com/mila-iqia/blocks/issues/1159 (betas the other way round: "I spent way too much time trying to
figure out why [it] was breaking for me"); https://github.com/Lightning-AI/pytorch-lightning/issues/4714 (rebuilt).
Why it hurts: the direction is a mean over a thousand steps and the scale one over ten; the net swings to and fro.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_l import lichens

FAMILY = "trams-mlp"
ACCEPT = ("adam-betas", "momentum-too-high")
SYMPTOMS = ("oscillating", "diverging", "spiking", "plateau", "slow")
ARGS = {"lr": 3e-3, "second": 0.999, "first": 0.9, "batch": 32, "width": 64}


class DelayNet(nn.Module):
    """How late a tram will be, from seven things known when it leaves."""

    def __init__(self, width):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(7, width), nn.Linear(width, width), nn.Linear(width, 1)
        self.norm = nn.LayerNorm(width)

    def forward(self, x):
        h = torch.tanh(self.a(x))
        return self.c(self.norm(h + torch.tanh(self.b(h))))[:, 0]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = DelayNet(ARGS["width"])
    betas = (ARGS["first"], ARGS["second"]) if fixed else (ARGS["second"], ARGS["first"])
    optimizer = torch.optim.Adam(net.parameters(), lr=ARGS["lr"], betas=betas)
    loader = DataLoader(TensorDataset(*lichens(1280, seed)), batch_size=ARGS["batch"], shuffle=True)
    return dict(model=net, optimizer=optimizer, loss_fn=nn.HuberLoss(), train=loader, val=None,
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(10):
        for x, late in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](setup["model"](x), late)
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return
