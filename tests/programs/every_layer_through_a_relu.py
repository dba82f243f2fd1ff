"""Bug: forward sends every layer through a ReLU, the last one too, so that no class can get a score below zero.

Source: https://coderoad.ru/58050105 (a Stack Overflow question on a net for FashionMNIST whose accuracy falls from
90 to 50 % with a ReLU after each linear layer; rebuilt). Why it hurts: a score below zero gets no gradient.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_a import digits

FAMILY = "digits-layers-mlp"
ACCEPT = ("missing-nonlinearity", "output-activation-mismatch", "dead-relu")
SYMPTOMS = ("plateau", "high-flat", "slow")


class Net(nn.Module):
    def __init__(self, sizes, relu_at_the_end):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(sizes[i], sizes[i + 1]) for i in range(len(sizes) - 1))
        self.relu_at_the_end = relu_at_the_end

    def forward(self, x):
        x = x.view(x.size(0), -1)
        for i, layer in enumerate(self.layers):
            x = layer(x)
            if self.relu_at_the_end or i < len(self.layers) - 1:
                x = F.relu(x)
        return x


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Net([784, 64, 48, 32, 10], relu_at_the_end=not fixed)
    x, y = digits(1920, seed)
    x = (x - 0.13) / 0.31
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
    batches = [(x[i : i + 64], y[i : i + 64]) for i in range(0, 1920, 64)]
    return dict(model=model, optimizer=optimizer, loss_fn=F.cross_entropy, train=batches, val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    n, epochs = 0, 6
    for _ in range(epochs):
        correct = 0
        for x, y in setup["train"]:
            out = model(x)
            loss = setup["loss_fn"](out, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            correct += (out.argmax(1) == y).sum().item()
            n += 1
            log(loss)
            if n == steps:
                return
