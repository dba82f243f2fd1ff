"""Bug: the last thing before the global average is an instance norm.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.InstanceNorm2d.html (each channel of each picture is
given the mean 0, and affine is off; no thread). Why it hurts: the average of what has the mean 0 is 0, for every
picture.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import fabrics

FAMILY = "fabrics-instance-norm"
ACCEPT = ("input-ignored", "representation-collapse")
SYMPTOMS = ("high-flat",)


class ConvBlock(nn.Module):
    def __init__(self, n_in, n_out, norm_last):
        super().__init__()
        self.conv, self.norm, self.norm_last = nn.Conv2d(n_in, n_out, 3, padding=1), nn.InstanceNorm2d(n_out), norm_last

    def forward(self, x):
        x = self.conv(x)
        return self.norm(torch.relu(x)) if self.norm_last else torch.relu(self.norm(x))


class StyleNet(nn.Module):
    def __init__(self, classes, norm_last):
        super().__init__()
        self.block1, self.block2 = ConvBlock(3, 16, norm_last), ConvBlock(16, 32, norm_last)
        self.down, self.pool = nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(32, classes)

    def forward(self, x):
        x = self.block2(self.down(self.block1(x)))
        return self.fc(self.pool(x).flatten(1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = StyleNet(5, norm_last=not fixed)
    opt = torch.optim.Adam(model.parameters(), lr=2e-2)
    setup = dict(model=model, optimizer=opt, loss_fn=nn.CrossEntropyLoss(), val=None, fixed=fixed)
    return setup | dict(train=DataLoader(TensorDataset(*fabrics(900, seed)), batch_size=30, shuffle=True))


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(6):
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return
