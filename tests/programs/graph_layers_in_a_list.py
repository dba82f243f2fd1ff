"""Bug: the message passing layers of a graph net stand in a plain list; parameters() knows the ends only.

Source: https://github.com/pytorch/pytorch/issues/666 ("does not look for parameters inside lists");
https://github.com/pytorch/pytorch/issues/715 (the layers of a loop are missing; rebuilt).
Why it hurts: the middle of the net keeps its random weights; embedding and readout have to do with it.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_f import parcels

FAMILY = "parcels-graph"
ACCEPT = ("unregistered-layers",)
SYMPTOMS = ("plateau", "high-flat", "slow")


class MessagePassing(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.own, self.neighbours = nn.Linear(width, width), nn.Linear(width, width, bias=False)

    def forward(self, h, linked):
        return torch.relu(self.own(h) + self.neighbours(torch.bmm(linked, h)))


class GraphNet(nn.Module):
    def __init__(self, registered, kinds=4, width=16, depth=2):
        super().__init__()
        self.embed = nn.Embedding(kinds, width)
        layers = [MessagePassing(width) for _ in range(depth)]
        self.layers = nn.ModuleList(layers) if registered else layers
        self.readout = nn.Linear(width, 1)

    def forward(self, linked, kind):
        h = self.embed(kind)
        for layer in self.layers:
            h = layer(h, linked)
        return self.readout(h).mean(1).squeeze(-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = GraphNet(registered=fixed)
    return {
        "model": net,
        "optimizer": torch.optim.Adam(net.parameters(), lr=5e-3),
        "loss_fn": nn.MSELoss(),
        "train": DataLoader(TensorDataset(*parcels(1280, seed)), batch_size=32, shuffle=True),
        "test": parcels(400, seed + 500),
        "val": None,
        "fixed": fixed,
    }


def train(setup, log, steps=None):
    net, optimizer, mse = setup["model"], setup["optimizer"], setup["loss_fn"]
    total = 8 * len(setup["train"]) if steps is None else steps
    done = 0
    while done < total:
        for linked, kind, energy in setup["train"]:
            optimizer.zero_grad(set_to_none=True)
            loss = mse(net(linked, kind), energy)
            loss.backward()
            optimizer.step()
            log(loss)
            done += 1
            if done == total:
                break


@torch.no_grad()
def error(setup):
    linked, kind, energy = setup["test"]
    return float(setup["loss_fn"](setup["model"](linked, kind), energy))
