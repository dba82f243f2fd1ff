"""Bug: the distance of a piece to itself is masked after the square root, by torch.where.

Source: https://github.com/pytorch/pytorch/issues/18287 ("autograd does not distinguish \"no gradient\" and \"zero
gradient\""); https://github.com/akanazawa/cmr/issues/11 ("the gradient of 'sqrt' is not defined at 0"; rebuilt).
Why it hurts: backward multiplies the nought of the mask by an infinite slope; after one step all weights are NaN.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_t import fragments

FAMILY = "comet-fragments"
ACCEPT = ("undefined-operation",)
SYMPTOMS = ("non-finite",)


def distances(points, safe=False):
    gap = points[:, :, None] - points[:, None, :]
    squared = gap.square().sum(-1)
    self_pair = torch.eye(points.shape[1], dtype=torch.bool)
    if safe:
        squared = squared.masked_fill(self_pair, 1.0)
    return torch.where(self_pair, torch.zeros(()), torch.sqrt(squared))


class PairModel(nn.Module):
    """Stretches space, measures all pairs in it, and adds up what each of them holds."""

    def __init__(self, safe):
        super().__init__()
        self.stretch = nn.Linear(3, 3, bias=False)
        self.pair = nn.Sequential(nn.Linear(1, 32), nn.SiLU(), nn.Linear(32, 32), nn.SiLU(), nn.Linear(32, 1))
        self.safe = safe

    def forward(self, pieces):
        d = distances(self.stretch(pieces), self.safe)
        i, j = torch.triu_indices(pieces.shape[1], pieces.shape[1], offset=1)
        return self.pair(d[:, i, j, None]).mean(dim=(1, 2)) * len(i) ** 0.5


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = PairModel(safe=fixed)
    loader = DataLoader(TensorDataset(*fragments(1600, seed)), batch_size=32, shuffle=True)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), loss_fn=nn.MSELoss(),
                train=loader, val=fragments(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, step = setup["model"], setup["optimizer"], 0
    for _epoch in range(8):
        for pieces, hold in setup["train"]:
            loss = setup["loss_fn"](model(pieces), hold)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
            log(loss.item())
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    pieces, hold = setup["val"]
    return setup["loss_fn"](setup["model"](pieces), hold).item()
