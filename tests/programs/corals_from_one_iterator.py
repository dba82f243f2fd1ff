"""Bug: `images, kinds = next(iter(loader))` stands above the loop; the loop trains on these 32 pictures only.

Source: https://github.com/ZhaoJ9014/face.evoLVe/pull/39 ("It will always iter the first batch if we do like this");
https://github.com/leohsuofnthu/Pytorch-IterativeFCN/issues/7 ("only one subject is used to training"; rebuilt).
Why it hurts: the net knows these corals by heart after fifty steps, and no others.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_l import mosaics

FAMILY = "corals-loop"
ACCEPT = ("same-batch-repeated", "overfitting")
SYMPTOMS = ("too-good", "overfitting", "healthy")


def conv_net():
    net = nn.Sequential()
    net.add_module("conv1", nn.Conv2d(3, 16, 4))
    net.add_module("relu1", nn.ReLU())
    net.add_module("conv2", nn.Conv2d(16, 16, 3))
    net.add_module("relu2", nn.ReLU())
    net.add_module("pool", nn.AdaptiveMaxPool2d(1))
    net.add_module("flat", nn.Flatten())
    net.add_module("fc", nn.Linear(16, 6))
    return net


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = conv_net()
    loader = DataLoader(TensorDataset(*mosaics(1280, seed)), batch_size=32, shuffle=True)
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=3e-3), loss_fn=nn.CrossEntropyLoss(),
                train=loader, val=mosaics(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    iterator = iter(setup["train"])
    images, kinds = next(iterator)
    for _step in range(steps or 300):
        if setup["fixed"]:
            try:
                images, kinds = next(iterator)
            except StopIteration:
                iterator = iter(setup["train"])
                images, kinds = next(iterator)
        optimizer.zero_grad()
        loss = criterion(net(images), kinds)
        loss.backward()
        optimizer.step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
