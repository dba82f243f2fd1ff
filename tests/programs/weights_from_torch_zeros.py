"""Bug: a net written out by hand, layer by layer, whose weights all begin as torch.zeros.

Source: https://community.deeplearning.ai/t/why-dont-weights-get-adjusted-when-initialized-to-0/431799 (rebuilt).
Why it hurts: the hidden units give zero, so the second layer gets no gradient, and through it the first gets none.
"""

import torch
from torch import nn
from torch.nn import functional as F

from programs.data_b import waves

FAMILY = "signals-by-hand"
ACCEPT = ("symmetric-init",)
SYMPTOMS = ("high-flat",)


class TwoLayers(nn.Module):
    def __init__(self, inputs, hidden, classes, make):
        super().__init__()
        self.w1 = nn.Parameter(make(inputs, hidden))
        self.b1 = nn.Parameter(torch.zeros(hidden))
        self.w2 = nn.Parameter(make(hidden, classes))
        self.b2 = nn.Parameter(torch.zeros(classes))

    def forward(self, x):
        h = torch.tanh(x @ self.w1 + self.b1)
        return h @ self.w2 + self.b2


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = waves(800, seed, classes=4, steps=30)
    make = (lambda a, b: torch.randn(a, b) / a**0.5) if fixed else torch.zeros
    model = TwoLayers(60, 48, 4, make)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9)
    return dict(model=model, optimizer=optimizer, loss_fn=None, train=[(x.flatten(1), y)], val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    (x, y), count = setup["train"][0], 0
    for _ in range(12):
        order = torch.randperm(len(x))
        for i in range(0, len(x), 50):
            rows = order[i : i + 50]
            logits = model(x[rows])
            loss = -F.log_softmax(logits, 1)[torch.arange(len(rows)), y[rows]].mean()
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            count += 1
            log(loss.item())
            if count == steps:
                return
        accuracy = (model(x).argmax(1) == y).float().mean().item()
        setup["history"] = [*setup.get("history", []), accuracy]
