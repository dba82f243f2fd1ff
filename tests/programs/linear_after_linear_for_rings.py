"""Bug: three linear layers with nothing between them are to tell an inner disc from the ring around it.

Source: https://discuss.pytorch.org/t/13287/3 (XOR is not learnt: "it's a linear model. Try to add a non-linearity
between both linear layers"; rebuilt).
Why it hurts: no straight line divides the two; the loss stays at 0.693.
"""

import torch
import torch.nn as nn

from programs.data_f import rings

FAMILY = "rings-beginner"
ACCEPT = ("missing-nonlinearity",)
SYMPTOMS = ("high-flat", "oscillating", "plateau")


class Network(nn.Module):
    def __init__(self, active):
        super().__init__()
        self.active = active
        self.fc1 = nn.Linear(2, 16)
        self.fc2 = nn.Linear(16, 16)
        self.fc3 = nn.Linear(16, 1)
        self.sigmoid = nn.Sigmoid()

    def forward(self, x):
        x = self.fc1(x)
        if self.active:
            x = torch.tanh(x)
        x = self.fc2(x)
        if self.active:
            x = torch.tanh(x)
        return self.sigmoid(self.fc3(x)).squeeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = Network(active=fixed)
    return dict(model=net, optimizer=torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9), loss_fn=nn.BCELoss(),
                train=rings(1000, seed), test=rings(500, seed + 500), val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None, batch_size=50):
    net, opt, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    X, Y = setup["train"]
    count = 0
    for _epoch in range(12):
        permutation = torch.randperm(X.size(0))
        for i in range(0, X.size(0), batch_size):
            indices = permutation[i : i + batch_size]
            opt.zero_grad()
            outputs = net.forward(X[indices])
            loss = criterion(outputs, Y[indices])
            loss.backward()
            opt.step()
            log(loss.item())
            count += 1
            if count == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["test"]
    return ((setup["model"](x) > 0.5).float() != y).float().mean().item()
