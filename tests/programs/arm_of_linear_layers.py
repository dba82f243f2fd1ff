"""Bug: a deep net learns where an arm's hand is from the angles of its joints; between its layers stands nothing.

Source: https://github.com/aymericdamien/TensorFlow-Examples/issues/207 ("isn't a network, without activation function,
the same as a linear function?"); https://github.com/aymericdamien/TensorFlow-Examples/issues/270 (rebuilt).
Why it hurts: sines and cosines of the angles cannot be had from a linear map.
"""

import torch
from torch import nn

from programs.data_j import arms

FAMILY = "arm-kinematics"
ACCEPT = ("missing-nonlinearity", "capacity-too-small")
SYMPTOMS = ("high-flat", "plateau")


class ForwardKinematics(nn.Module):
    def __init__(self, n_layers=4, width=64, activation=None):
        super().__init__()
        self.inp = nn.Linear(3, width)
        self.hidden = nn.ModuleList([nn.Linear(width, width) for _ in range(n_layers)])
        self.out = nn.Linear(width, 2)
        self.activation = activation

    def forward(self, q):
        h = self.inp(q)
        for layer in self.hidden:
            h = layer(h)
            if self.activation is not None:
                h = self.activation(h)
        return self.out(h)


def endless(n, seed):
    """New poses for each batch; the simulator is cheap."""
    number = 0
    while True:
        number += 1
        yield arms(n, 1000 * (seed + 1) + number)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = ForwardKinematics(activation=torch.tanh if fixed else None)
    optimizer = torch.optim.RMSprop(net.parameters(), lr=1e-3)
    return dict(model=net, optimizer=optimizer, loss_fn=nn.MSELoss(), train=endless(64, seed),
                val=arms(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    for _step, (angles, hand) in zip(range(steps or 500), setup["train"], strict=False):
        setup["optimizer"].zero_grad()
        loss = setup["loss_fn"](setup["model"](angles), hand)
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    angles, hand = setup["val"]
    return setup["loss_fn"](setup["model"](angles), hand).item()
