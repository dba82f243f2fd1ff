"""Bug: an init function sets every weight to the same small number.

Source: https://github.com/wagonhelm/NaNmnist/issues/2 (weights that all begin with one value; rebuilt). Why it hurts:
the units of a layer get the same gradient for ever; a hundred of them are worth one.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import digits

FAMILY = "digits-mlp"
ACCEPT = ("symmetric-init",)
SYMPTOMS = ("plateau", "slow", "high-flat")


def init(module):
    if isinstance(module, nn.Linear):
        nn.init.constant_(module.weight, 0.01)
        nn.init.constant_(module.bias, 0.0)


class MLP(nn.Module):
    def __init__(self, init_fn=None):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(784, 100), nn.Linear(100, 50), nn.Linear(50, 10)])
        if init_fn is not None:
            self.apply(init_fn)

    def forward(self, x):
        x = x.flatten(1)
        for layer in self.layers[:-1]:
            x = torch.tanh(layer(x))
        return self.layers[-1](x)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = MLP(None if fixed else init)
    x, y = digits(3000, seed)
    opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    setup = dict(model=model, optimizer=opt, loss_fn=nn.CrossEntropyLoss(), val=None, fixed=fixed)
    return setup | dict(train=DataLoader(TensorDataset((x - 0.13) / 0.31, y), batch_size=50, shuffle=True))


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    n = 0
    for _epoch in range(5):
        for x, y in setup["train"]:
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            optimizer.step()
            n += 1
            log(loss)
            if n == steps:
                return
