"""Bug: batch norm, and batches of two rows.

Source: https://github.com/YvanYin/GoalFlow/issues/17 (batch norm with a batch size of 2 and unstable training;
rebuilt). Why it hurts: of two rows the norm leaves only which is the larger; how large they were is gone.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import houses

FAMILY = "houses-batch-norm"
ACCEPT = ("batch-too-small",)
SYMPTOMS = ("oscillating", "plateau", "slow", "high-flat")


class PriceNet(nn.Module):
    def __init__(self, width=48):
        super().__init__()
        first = [nn.Linear(5, width), nn.BatchNorm1d(width), nn.ReLU()]
        self.layers = nn.Sequential(*first, nn.Linear(width, width), nn.BatchNorm1d(width), nn.ReLU())
        self.out = nn.Linear(width, 1)

    def forward(self, x):
        return self.out(self.layers(x)).squeeze(1)


def standardized(n, seed):
    x, price = houses(n, seed)
    y = price.log()
    return TensorDataset((x - x.mean(0)) / x.std(0), (y - y.mean()) / y.std())


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = PriceNet()
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    setup = dict(model=model, optimizer=opt, loss_fn=nn.MSELoss(), val=None, fixed=fixed)
    return setup | dict(train=DataLoader(standardized(1000, seed), batch_size=20 if fixed else 2, shuffle=True))


def train(setup, log, steps=None, max_steps=400):
    model, opt, n = setup["model"], setup["optimizer"], 0
    while n < max_steps:
        model.train()
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n in (steps, max_steps):
                return
