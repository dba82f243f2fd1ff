"""Healthy: the loss goes through zero and on to about -2, as it is the negative logarithm of a density.

Source: of our own (a question that comes up with every Gaussian likelihood). Why it is right: the deviation of the
needles is about 0.05 of a unit; a density may well be larger than one.
"""

import torch
from torch import nn

from programs.data_o import measured

FAMILY = "needles-density"
ACCEPT = ()
SYMPTOMS = ("healthy",)


def deviation(n, seed):
    x, y = measured(n, seed, 40, columns=4, noise=0.1)
    return x, 0.5 * y


class MeanAndSpread(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean = nn.Sequential(nn.Linear(4, 48), nn.Tanh(), nn.Linear(48, 1))
        self.log_var = nn.Parameter(torch.full((1,), -1.0))

    def forward(self, x):
        mean = self.mean(x).squeeze(-1)
        return mean, self.log_var.exp().expand_as(mean)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = MeanAndSpread()
    groups = [{"params": model.mean.parameters(), "lr": 1e-2}, {"params": [model.log_var], "lr": 3e-2}]
    return dict(model=model, optimizer=torch.optim.Adam(groups),
                loss_fn=nn.GaussianNLLLoss(), train=deviation(2000, seed), val=deviation(400, seed + 500),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x, y = setup["train"]
    i = 0
    for _epoch in range(14):
        for ids in torch.randperm(len(x)).split(50):
            mean, var = setup["model"](x[ids])
            loss = setup["loss_fn"](mean, y[ids], var)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            i += 1
            if i == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    mean, var = setup["model"](x)
    return setup["loss_fn"](mean, y, var).item()
