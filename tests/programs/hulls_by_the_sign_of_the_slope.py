"""Healthy: all 300 rows in each step, and Rprop, which looks only at the signs of the slopes.

Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.Rprop.html (rebuilt on a small table of hulls).
Why it looks ill: the first steps go up and down while each weight finds its own step size.
"""

import torch
from torch import nn

from programs.data_j import boats_on_water

FAMILY = "hulls-rprop"
ACCEPT = ()
SYMPTOMS = ("healthy", "spiking")


class YachtNet(nn.Module):
    def __init__(self, n_hidden=12):
        super().__init__()
        self.hidden = nn.Linear(6, n_hidden)
        self.predict = nn.Linear(n_hidden, 1)

    def forward(self, x):
        return self.predict(torch.sigmoid(self.hidden(x)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = YachtNet()
    x, y = boats_on_water(300, seed)
    x_val, y_val = boats_on_water(200, seed + 500)
    return dict(model=net, optimizer=torch.optim.Rprop(net.parameters(), lr=0.01), loss_fn=nn.MSELoss(),
                train=(x, y.view(-1, 1)), val=(x_val, y_val.view(-1, 1)), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x, y = setup["train"]
    for _t in range(steps or 300):
        prediction = setup["model"](x)
        loss = setup["loss_fn"](prediction, y)
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
