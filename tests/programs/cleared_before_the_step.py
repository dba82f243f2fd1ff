"""Bug: zero_grad() stands between backward() and step().

Source: https://github.com/patrickloeber/pytorchTutorial/issues/19 (in which order the three lines must stand;
rebuilt). Why it hurts: when the optimizer looks, there is no gradient any more; it does nothing, and says nothing.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import waves

FAMILY = "waves-quantiles"
ACCEPT = ("gradients-cleared-early",)
SYMPTOMS = ("high-flat",)
QUANTILES = torch.tensor([0.1, 0.5, 0.9])


def pinball(predicted, y):
    gap = y.unsqueeze(1) - predicted
    return torch.maximum(QUANTILES * gap, (QUANTILES - 1) * gap).mean()


class QuantileNet(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.hidden1, self.hidden2 = nn.Linear(6, width), nn.Linear(width, width)
        self.out = nn.Linear(width, len(QUANTILES))

    def forward(self, x):
        return self.out(F.gelu(self.hidden2(F.gelu(self.hidden1(x)))))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = QuantileNet()
    optimizer = torch.optim.NAdam(model.parameters(), lr=4e-3)
    loader = DataLoader(TensorDataset(*waves(1500, seed)), batch_size=50, shuffle=True, drop_last=True)
    return dict(model=model, optimizer=optimizer, loss_fn=pinball, train=loader, val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(10):
        for x, y in setup["train"]:
            loss = setup["loss_fn"](model(x), y)
            if setup["fixed"]:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            else:
                loss.backward()
                optimizer.zero_grad()
                optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
