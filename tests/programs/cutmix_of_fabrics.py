"""Healthy: CutMix; the training loss stays near 0.8 while the net tells whole pictures apart almost without error.

Source: https://github.com/clovaai/CutMix-PyTorch/issues/18 (training looks much worse than validation; that is the
point). Nothing to mend: a pasted picture has two labels, and nobody can be sure of both.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import fabrics

FAMILY = "fabrics-cutmix"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow")


def cutmix(x, y):
    """A window of the neighbour's picture is pasted in; returns both labels and the share of the first."""
    size, order = x.shape[-1], torch.randperm(len(x))
    cut = int(size * (1 - torch.rand(()).item()) ** 0.5)
    top, left = torch.randint(0, size - cut + 1, (2,)).tolist()
    x = x.clone()
    x[:, :, top : top + cut, left : left + cut] = x[order, :, top : top + cut, left : left + cut]
    return x, y, y[order], 1 - cut**2 / size**2


def build(seed, fixed=False):
    torch.manual_seed(seed)
    conv = [nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2)]
    conv += [nn.Conv2d(16, 24, 3, padding=1), nn.BatchNorm2d(24), nn.ReLU(), nn.MaxPool2d(2)]
    model = nn.Sequential(*conv, nn.Flatten(), nn.Linear(384, 5))
    opt = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
    setup = dict(model=model, optimizer=opt, loss_fn=F.cross_entropy, fixed=fixed)
    setup["train"] = DataLoader(TensorDataset(*fabrics(1000, seed)), batch_size=25, shuffle=True)
    setup["val"] = DataLoader(TensorDataset(*fabrics(300, seed + 21)), batch_size=100)
    return setup


def train(setup, log, steps=None):
    model, opt, ce, n = setup["model"], setup["optimizer"], setup["loss_fn"], 0
    for _epoch in range(5):
        model.train()
        for x, y in setup["train"]:
            x, first, second, share = cutmix(x, y)
            out = model(x)
            loss = share * ce(out, first) + (1 - share) * ce(out, second)
            opt.zero_grad()
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    model = setup["model"].eval()
    return sum(float((model(x).argmax(1) != y).float().mean()) for x, y in setup["val"]) / len(setup["val"])
