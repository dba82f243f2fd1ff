"""Bug: the weights of all layers are drawn from 0 to 0.1, and the inputs, dBm over a hundred, are all below zero.

Source: https://github.com/jvargasmu/population_estimation/issues/68 ("Sometimes the initial solution predicts only
zeros (due to RELU activation). And hence, no gradients emerge"; rebuilt). Why it hurts: every unit of the first layer
is below zero for every row and stays there; only the last bias learns.
"""

import torch
from torch import nn

from programs.data_q import mast_levels

FAMILY = "radio-static"
ACCEPT = ("dead-relu", "bad-init-scale")
SYMPTOMS = ("high-flat",)


def init_weights(layer):
    if isinstance(layer, nn.Linear):
        torch.nn.init.uniform_(layer.weight, 0.0, 0.1)
        torch.nn.init.zeros_(layer.bias)


def init_kaiming(layer):
    if isinstance(layer, nn.Linear):
        torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        torch.nn.init.zeros_(layer.bias)


class Locator(nn.Module):
    def __init__(self, init):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(16, 64), nn.ReLU(inplace=True), nn.Linear(64, 64), nn.ReLU(inplace=True), nn.Linear(64, 6)
        )
        self.apply(init)

    def forward(self, dbm):
        return self.layers(dbm / 100)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    locator = Locator(init_kaiming if fixed else init_weights)
    data = torch.utils.data.TensorDataset(*mast_levels(1500, seed))
    return dict(
        model=locator,
        optimizer=torch.optim.AdamW(locator.parameters(), lr=2e-3),
        loss_fn=nn.CrossEntropyLoss(),
        train=torch.utils.data.DataLoader(data, batch_size=30, shuffle=True, drop_last=True),
        val=torch.utils.data.DataLoader(torch.utils.data.TensorDataset(*mast_levels(300, seed + 500)), batch_size=100),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    locator, optimizer = setup["model"], setup["optimizer"]
    count = 0
    for _epoch in range(10):
        for dbm, hut in setup["train"]:
            optimizer.zero_grad(set_to_none=True)
            loss = setup["loss_fn"](locator(dbm), hut)
            loss.backward()
            optimizer.step()
            count += 1
            log(loss)
            if count == steps:
                return


@torch.no_grad()
def error(setup):
    losses = [setup["loss_fn"](setup["model"](dbm), hut).item() for dbm, hut in setup["val"]]
    return sum(losses) / len(losses)
