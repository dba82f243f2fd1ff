"""Bug: in a fit function for graphs, model.zero_grad() stands between backward() and step().

Source: https://github.com/rll/deepul/issues/12 (where zero_grad stands: another order "breaks the model and the model
fails to learn anything"; there for another reason; rebuilt).
Why it hurts: the step finds no gradient; nothing moves.
"""

import torch
from torch import nn

from programs.data_i import molecules

FAMILY = "molecules-regressor"
ACCEPT = ("gradients-cleared-early",)
SYMPTOMS = ("high-flat",)


class GraphConv(nn.Module):
    def __init__(self, a, b):
        super().__init__()
        self.own, self.near = nn.Linear(a, b), nn.Linear(a, b, bias=False)

    def forward(self, h, bonds):
        return torch.relu(self.own(h) + bonds @ self.near(h))


class MoleculeNet(nn.Module):
    def __init__(self, kinds=5, width=32):
        super().__init__()
        self.embed = nn.Embedding(kinds, width)
        self.convs = nn.ModuleList([GraphConv(width, width), GraphConv(width, width)])
        self.readout = nn.Linear(width, 1)

    def forward(self, kind, bonds):
        h = self.embed(kind)
        for conv in self.convs:
            h = conv(h, bonds)
        return self.readout(h).sum(dim=(1, 2))


def fit(model, optimizer, batches, on_batch, clear_first):
    for kind, bonds, target in batches:
        if clear_first:
            model.zero_grad()
        loss = nn.functional.l1_loss(model(kind, bonds), target)
        loss.backward()
        if not clear_first:
            model.zero_grad()
        optimizer.step()
        on_batch(loss)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = MoleculeNet()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3), loss_fn=nn.L1Loss(), val=None,
                train=molecules(1600, seed), test=molecules(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    order = [rows for _ in range(6) for rows in torch.randperm(1600).split(32)][:steps]
    batches = ([column[rows] for column in setup["train"]] for rows in order)
    fit(setup["model"], setup["optimizer"], batches, lambda loss: log(loss.item()), clear_first=setup["fixed"])


@torch.no_grad()
def error(setup):
    kind, bonds, target = setup["test"]
    return (setup["model"](kind, bonds) - target).abs().mean().item()
