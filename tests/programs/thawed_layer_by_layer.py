"""Healthy: a net that knows the digits 0 to 4 learns 5 to 9; its layers are thawed one by one, at ever smaller rates.

Source: https://arxiv.org/abs/1801.06146 (gradual unfreezing, as in ULMFiT; no thread).
Why it looks ill: at first nothing but the head is moved, and most parameters have no gradient, on purpose.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import digits

FAMILY = "thawed-layers"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 8, 5, stride=2), nn.ReLU())
        self.body = nn.Sequential(nn.Conv2d(8, 16, 3, stride=2), nn.ReLU(), nn.Flatten())
        self.neck = nn.Sequential(nn.Linear(16 * 25, 48), nn.ReLU())
        self.head = nn.Linear(48, 5)

    def forward(self, x):
        return self.head(self.neck(self.body(self.stem(x))))


def half(n, seed, low):
    x, y = digits(n, seed)
    keep = (y >= low) & (y < low + 5)
    return TensorDataset(x[keep], y[keep] - low)


def pretrained(seed):
    model = Net()
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    for _ in range(3):
        for x, y in DataLoader(half(1200, seed + 20, 0), batch_size=50, shuffle=True):
            opt.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()
            opt.step()
    opt.zero_grad()
    return model


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = pretrained(seed)
    model.requires_grad_(False)
    model.head = nn.Linear(48, 5)
    optimizer = torch.optim.Adam(model.head.parameters(), lr=3e-3)
    loader = DataLoader(half(2000, seed, 5), batch_size=32, shuffle=True)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=loader, val=None,
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    frozen = [model.stem, model.body, model.neck]
    rate = 3e-3
    for epoch in range(6):
        if epoch and frozen:
            layer, rate = frozen.pop(), rate / 2
            layer.requires_grad_(True)
            optimizer.add_param_group({"params": list(layer.parameters()), "lr": rate})
        for x, y in setup["train"]:
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            optimizer.step()
            log(loss.item())
            n += 1
            if n == steps:
                return
