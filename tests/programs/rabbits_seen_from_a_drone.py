"""Bug: seven layers, each with a sigmoid behind it.

Source: https://taourl.com/read-2391810.html ("vanishing gradients in deep networks [...] torch.sigmoid"; rebuilt).
Why it hurts: a sigmoid passes on at most a quarter of the gradient; nothing of it reaches the first layers.
"""

from itertools import pairwise

import torch
from torch import nn

from programs.data_o import kinds

FAMILY = "rabbits-drone"
ACCEPT = ("vanishing-gradients", "saturated-activations")
SYMPTOMS = ("high-flat", "slow", "plateau")


class DeepNet(nn.Module):
    def __init__(self, activation, depth=7, width=24):
        super().__init__()
        sizes = [10] + [width] * depth
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.activation = activation
        self.top = nn.Linear(width, 4)

    def forward(self, x):
        for layer in self.layers:
            x = self.activation(layer(x))
        return self.top(x)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = DeepNet(nn.ReLU() if fixed else nn.Sigmoid())
    if fixed:
        for layer in net.layers:
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
    return dict(model=net, optimizer=torch.optim.SGD(net.parameters(), lr=0.015, momentum=0.9),
                loss_fn=nn.CrossEntropyLoss(), train=kinds(1600, seed, 17), val=kinds(400, seed + 500, 17),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x, y = setup["train"]
    k = 0
    for _epoch in range(8):
        for ids in torch.randperm(1600).view(-1, 40):
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](setup["model"](x[ids]), y[ids])
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            k += 1
            if k == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
