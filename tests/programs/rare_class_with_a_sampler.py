"""Healthy: one picture in thirty shows the rare kind; a weighted sampler draws it as often as the others.

Source: https://github.com/ufoym/imbalanced-dataset-sampler (the method; no thread). Nothing to mend: the sampler
stands in for shuffling, and pictures of the rare kind come several times an epoch.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, WeightedRandomSampler

from programs.data_a import fabrics

FAMILY = "fabrics-rare"
ACCEPT = ()
SYMPTOMS = ("healthy",)


def inspected(n, seed):
    """Fabrics; rings count as a fault, and most of them were sorted out before."""
    x, kind = fabrics(2 * n, seed)
    fault = (kind == 3).long()
    kept = torch.cat([(fault == 0).nonzero()[: n - n // 30], (fault == 1).nonzero()[: n // 30]]).flatten()
    return x[kept], fault[kept]


class Inspector(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(3, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(12, 16, 3), nn.ReLU(), nn.Flatten()
        )
        self.out = nn.Linear(16 * 36, 1)

    def forward(self, x):
        return self.out(self.net(x)).squeeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, fault = inspected(1500, seed)
    weight = 1.0 / torch.bincount(fault)[fault]
    sampler = WeightedRandomSampler(weight.tolist(), 1500, generator=torch.Generator().manual_seed(seed))
    model = Inspector()
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    setup = dict(model=model, optimizer=opt, loss_fn=nn.BCEWithLogitsLoss(), val=None, fixed=fixed)
    return setup | dict(train=DataLoader(TensorDataset(x, fault.float()), batch_size=30, sampler=sampler))


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(5):
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return
