"""Bug: Adam with eps=1.0, from a note that recommends it for Inception, on a small net.

Source: https://github.com/tensorflow/models/issues/779 (with a default of 1.0 the weights hardly changed in 10,000
steps). Why it hurts: the root of the squared gradients is a hundred times smaller than 1; each step shrinks by as
much.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import fabrics

FAMILY = "fabrics-residual"
ACCEPT = ("adam-eps", "lr-too-low")
SYMPTOMS = ("slow", "high-flat")


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm1, self.norm2 = nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)

    def forward(self, x):
        return torch.relu(x + self.norm2(self.conv2(torch.relu(self.norm1(self.conv1(x))))))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    stem = [nn.Conv2d(3, 12, 3, stride=2, padding=1), nn.BatchNorm2d(12), nn.ReLU()]
    model = nn.Sequential(*stem, Residual(12), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(12 * 16, 5))
    eps = 1e-8 if fixed else 1.0
    opt = torch.optim.Adam(model.parameters(), lr=1e-3, eps=eps)
    setup = dict(model=model, optimizer=opt, loss_fn=nn.CrossEntropyLoss(), val=None, fixed=fixed)
    return setup | dict(train=DataLoader(TensorDataset(*fabrics(1280, seed)), batch_size=32, shuffle=True))


def train_epoch(setup, log, done, steps):
    model, optimizer = setup["model"], setup["optimizer"]
    model.train()
    for x, y in setup["train"]:
        optimizer.zero_grad()
        loss = setup["loss_fn"](model(x), y)
        loss.backward()
        optimizer.step()
        log(loss)
        done += 1
        if done == steps:
            break
    return done


def train(setup, log, steps=None):
    done = 0
    for _epoch in range(4):
        done = train_epoch(setup, log, done, steps)
        if done == steps:
            return
