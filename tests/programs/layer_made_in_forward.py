"""Bug: the size of the flattened pictures was not known, so the hidden layer is made in forward, at every call anew.

Source: https://discuss.pytorch.org/t/can-i-instantiate-layers-in-forward-function/105054 (rebuilt in own words).
Why it hurts: the layer is no attribute, the optimizer never sees it, each batch passes through other random weights.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import digits

FAMILY = "digits-layer-cnn"
ACCEPT = ("unregistered-layers",)
SYMPTOMS = ("high-flat", "slow", "plateau")


class Net(nn.Module):
    def __init__(self, hidden=None):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, kernel_size=5, stride=2)
        self.conv2 = nn.Conv2d(8, 16, kernel_size=5)
        self.hidden = hidden
        self.out = nn.Linear(64, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = torch.flatten(x, 1)
        hidden = self.hidden if self.hidden is not None else nn.Linear(x.shape[1], 64)
        return self.out(F.relu(hidden(x)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Net(nn.Linear(16 * 4 * 4, 64) if fixed else None)
    train = DataLoader(TensorDataset(*digits(1280, seed)), batch_size=32, shuffle=True)
    val = DataLoader(TensorDataset(*digits(400, seed, train=False)), batch_size=200)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
    criterion = nn.CrossEntropyLoss()
    return dict(model=model, optimizer=optimizer, loss_fn=criterion, train=train, val=val, fixed=fixed)


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    n = 0
    for _ in range(3):
        running_loss = 0.0
        for inputs, labels in setup["train"]:
            optimizer.zero_grad()
            outputs = model(inputs)
            loss = criterion(outputs, labels)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()
            n += 1
            log(loss)
            if n == steps:
                return
