"""Bug: the weights of all layers are drawn from 0 to 0.1, and the inputs, dBm over a hundred, are all below zero.

Source: https://github.com/jvargasmu/population_estimation/issues/68 ("Sometimes the initial solution predicts only
zeros (due to RELU activation). And hence, no gradients emerge"; rebuilt). Why it hurts: every unit of the first graph
convolution is below zero for every row and stays there; only the last bias learns.
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


def init_xavier(layer):
    if isinstance(layer, nn.Linear):
        torch.nn.init.xavier_uniform_(layer.weight)
        torch.nn.init.zeros_(layer.bias)


class MastGraph(nn.Module):
    """A mast hears itself and its neighbours; what all have heard is read at the end."""

    def __init__(self, near, init, width=12, huts=6):
        super().__init__()
        self.register_buffer("near", near)
        self.own, self.others = nn.Linear(1, width), nn.Linear(1, width)
        self.mix = nn.Linear(16 * width, 48)
        self.read = nn.Linear(48, huts)
        self.apply(init)

    def forward(self, dbm):
        x = dbm.unsqueeze(-1) / 100
        h = torch.relu(self.own(x) + self.others(self.near @ x))
        return self.read(torch.relu(self.mix(h.flatten(1))))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    dbm, near, hut = mast_levels(1500, seed)
    model = MastGraph(near, init_xavier if fixed else init_weights)
    test_dbm, _, test_hut = mast_levels(300, seed + 500)
    return dict(model=model, optimizer=torch.optim.AdamW(model.parameters(), lr=3e-3), loss_fn=nn.CrossEntropyLoss(),
                train=(dbm, hut), val=(test_dbm, test_hut), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, (dbm, hut) = setup["model"], setup["optimizer"], setup["train"]
    count = 0
    for _epoch in range(10):
        for rows in torch.randperm(1500).split(30):
            optimizer.zero_grad(set_to_none=True)
            loss = setup["loss_fn"](model(dbm[rows]), hut[rows])
            loss.backward()
            optimizer.step()
            count += 1
            log(loss)
            if count == steps:
                return


@torch.no_grad()
def error(setup):
    dbm, hut = setup["val"]
    return setup["loss_fn"](setup["model"](dbm), hut).item()
