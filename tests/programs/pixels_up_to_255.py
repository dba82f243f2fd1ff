"""Bug: the pictures are taken from the arrays as bytes and turned into floats, and nobody divides by 255.

Source: https://discuss.pytorch.org/t/mnist-normalizing-and-scaling-the-dataset-at-the-same-time/95218
Why it hurts: the tanh units see sums in the hundreds and stand at 1 or -1; the first layer cannot learn any more.
"""

import torch
from torch import nn

from programs.data_a import digits

FAMILY = "digits-from-arrays"
ACCEPT = ("unscaled-inputs", "saturated-activations")
SYMPTOMS = ("plateau", "high-flat", "slow")


def load(n, seed, fixed):
    images, labels = digits(n, seed)
    images = (images * 255).round().to(torch.uint8)
    x = images.reshape(n, -1).float()
    if fixed:
        x = x / 255
    return x, labels


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(784, 100)
        self.out = nn.Linear(100, 10)

    def forward(self, x):
        return self.out(torch.tanh(self.hidden(x)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = load(3000, seed, fixed)
    model = MLP()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    batches = [(x[i : i + 50], y[i : i + 50]) for i in range(0, len(x), 50)]
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=batches, val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    i = 0
    for _ in range(5):
        for x, y in setup["train"]:
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            optimizer.step()
            i += 1
            log(loss.item())
            if i == steps:
                return
