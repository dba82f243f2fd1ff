"""Bug: the readout takes the mean over all atoms of the batch, since it was not told which atom is of which compound.

Source: https://github.com/pyg-team/pytorch_geometric/issues/258 (without the batch vector these operators are misused
with mini-batches; rebuilt). Why it hurts: all compounds of a batch get one prediction, about the mean of their values.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader

from programs.data_e import compounds

FAMILY = "compounds-gnn"
ACCEPT = ("batch-mixing", "input-ignored", "representation-collapse")
SYMPTOMS = ("high-flat", "plateau", "slow")


def collate(items):
    """One large graph of many small ones."""
    atoms, bonds, owner, values, start = [], [], [], [], 0
    for i, (kinds, ends, value) in enumerate(items):
        atoms.append(kinds)
        bonds.append(ends + start)
        owner.append(torch.full_like(kinds, i))
        values.append(value)
        start += len(kinds)
    return dict(atoms=torch.cat(atoms), bonds=torch.cat(bonds, 1), owner=torch.cat(owner), y=torch.stack(values))


class MessagePassing(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.message, self.update = nn.Linear(2 * size, size), nn.GRUCell(size, size)

    def forward(self, h, bonds):
        sent = torch.relu(self.message(torch.cat([h[bonds[0]], h[bonds[1]]], dim=1)))
        return self.update(torch.zeros_like(h).index_add(0, bonds[1], sent), h)


class CompoundNet(nn.Module):
    def __init__(self, size=24, by_compound=False):
        super().__init__()
        self.embed, self.by_compound = nn.Embedding(5, size), by_compound
        self.layers = nn.ModuleList(MessagePassing(size) for _ in range(2))
        self.head = nn.Sequential(nn.Linear(size, 24), nn.ReLU(), nn.Linear(24, 1))

    def forward(self, batch):
        h, n = self.embed(batch["atoms"]), len(batch["y"])
        for layer in self.layers:
            h = layer(h, batch["bonds"])
        if self.by_compound:
            share = 1 / torch.bincount(batch["owner"], minlength=n)
            pooled = h.new_zeros(n, h.shape[1]).index_add(0, batch["owner"], h) * share[:, None]
        else:
            pooled = h.mean(dim=0, keepdim=True).expand(n, -1)
        return self.head(pooled)[:, 0]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = CompoundNet(by_compound=fixed)
    optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.L1Loss(), val=None, fixed=fixed,
                train=DataLoader(compounds(640, seed), batch_size=32, shuffle=True, collate_fn=collate))  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(12):
        for batch in setup["train"]:
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(batch), batch["y"])
            loss.backward()
            optimizer.step()
            log(loss.item())
            n += 1
            if n == steps:
                return
