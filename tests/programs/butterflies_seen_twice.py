"""Healthy: Barlow Twins on two noisy views of butterflies; the loss begins in the tens and stays far above zero.

Source: https://github.com/facebookresearch/barlowtwins/issues/39 ("loss is around 10,000 [...] How can I reduce loss to
a more normal level?"). Why it looks ill: it is a sum over all pairs of features, and noise keeps them from agreeing.
"""

import torch
from torch import nn

from programs.data_h import wings

FAMILY = "butterflies-barlow"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow", "high-flat", "oscillating")


class BarlowTwins(nn.Module):
    def __init__(self, size=24, width=64, projected=48, lambd=0.02):
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(size, width), nn.BatchNorm1d(width), nn.ReLU(), nn.Linear(width, 32))
        self.projector = nn.Sequential(nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, projected, bias=False))
        self.bn = nn.BatchNorm1d(projected, affine=False)
        self.lambd = lambd

    def forward(self, y1, y2):
        z1, z2 = self.projector(self.backbone(y1)), self.projector(self.backbone(y2))
        c = self.bn(z1).T @ self.bn(z2) / len(y1)
        on_diag = (torch.diagonal(c) - 1).square().sum()
        off_diag = c.square().sum() - torch.diagonal(c).square().sum()
        return on_diag + self.lambd * off_diag


def view(x):
    """With noise, and with some measures lost."""
    return (x + 0.3 * torch.randn_like(x)) * (torch.rand_like(x) > 0.2)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = BarlowTwins()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=1e-4)
    return dict(model=model, optimizer=optimizer, loss_fn=None, train=wings(3200, seed), val=None,
                test=wings(600, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    x = setup["train"][0]
    for _epoch in range(12):
        for rows in torch.randperm(len(x)).split(128):
            loss = model.forward(view(x[rows]), view(x[rows]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """How often the nearest butterfly among those of the training is of another species."""
    backbone, (x, y), (seen, species) = setup["model"].backbone.eval(), setup["train"], setup["test"]
    nearest = torch.cdist(backbone(seen), backbone(x)).argmin(1)
    return (y[nearest] != species).float().mean().item()
