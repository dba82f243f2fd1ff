"""Bug: the code of the autoencoder was made two numbers wide, for a plot, and has stayed so.

Source: https://github.com/mattragoza/LiGAN/issues/18 (with a smaller code the loss could not be reduced further;
rebuilt). Why it hurts: two numbers cannot say what a digit looks like; the loss stops where the best two-number
copies are.
"""

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

from programs.data_a import digits

FAMILY = "digits-bottleneck"
ACCEPT = ("capacity-too-small",)
SYMPTOMS = ("plateau", "slow")


class Coder(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.encode = self.stack(sizes)
        self.decode = self.stack(sizes[::-1])

    @staticmethod
    def stack(sizes):
        layers = []
        for i, (n_in, n_out) in enumerate(pairwise(sizes)):
            layers += [nn.Linear(n_in, n_out)] + ([nn.LeakyReLU(0.1)] if i < len(sizes) - 2 else [])
        return nn.Sequential(*layers)

    def forward(self, x):
        return self.decode(self.encode(x.flatten(1))).view_as(x)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Coder([784, 128, 32 if fixed else 2])
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    setup = dict(model=model, optimizer=opt, loss_fn=F.binary_cross_entropy_with_logits, val=None, fixed=fixed)
    return setup | dict(train=DataLoader(digits(2500, seed)[0], batch_size=50, shuffle=True))


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(6):
        for x in setup["train"]:
            loss = setup["loss_fn"](model(x), x)
            opt.zero_grad()
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return
