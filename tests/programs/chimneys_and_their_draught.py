"""Bug: four linear layers, with a BatchNorm between them and no activation.

Source: of our own (the activations fell out when BatchNorm came in). Why it hurts: all together is one linear map, and
the draught bends.
"""

from collections import OrderedDict

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_o import measured

FAMILY = "chimneys-mlp"
ACCEPT = ("missing-nonlinearity",)
SYMPTOMS = ("plateau", "high-flat")


def network(act=None):
    layers, size = OrderedDict(), 4
    for i, width in enumerate((48, 48, 24)):
        layers[f"fc{i}"] = nn.Linear(size, width)
        layers[f"bn{i}"] = nn.BatchNorm1d(width)
        if act is not None:
            layers[f"act{i}"] = act()
        size = width
    layers["out"] = nn.Linear(size, 1)
    return nn.Sequential(layers)


def draught(n, seed):
    x, _ = measured(n, seed, 18, columns=4)
    y = torch.sin(2 * x[:, 0]) + x[:, 1].abs() - 0.8 + 0.3 * x[:, 2]
    return x, (y + 0.1 * torch.randn(n, generator=torch.Generator().manual_seed(seed))).unsqueeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = network(nn.ReLU if fixed else None)
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=5e-3), loss_fn=nn.MSELoss(),
                train=DataLoader(TensorDataset(*draught(1600, seed)), 40, shuffle=True),
                val=draught(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    i = 0
    for _epoch in range(9):
        setup["model"].train()
        for x, y in setup["train"]:
            loss = setup["loss_fn"](setup["model"](x), y)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            i += 1
            if i == steps:
                return


@torch.no_grad()
def error(setup):
    setup["model"].eval()
    return setup["loss_fn"](setup["model"](setup["val"][0]), setup["val"][1]).item()
