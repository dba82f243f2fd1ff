"""Bug: SGD with Nesterov momentum at a rate of 1.0, taken over from a script that divided it by the batch size.

Source: https://github.com/SeanNaren/deepspeech.pytorch/issues/260 ("it was error with the learning rate fixed it");
https://github.com/xcmyz/FastSpeech/issues/37 ("too big, cause the loss can't convergence"; rebuilt).
Why it hurts: the first steps overshoot; the net ends at a constant answer, or swings about it.
"""

import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_m import sparks

FAMILY = "sparks-tcn"
ACCEPT = ("lr-too-high",)
SYMPTOMS = ("high-flat", "oscillating", "diverging", "plateau", "spiking", "non-finite")

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=1.0)
parser.add_argument("--momentum", type=float, default=0.9)
parser.add_argument("--channels", type=int, default=16)
parser.add_argument("--batch-size", type=int, default=40)
parser.add_argument("--epochs", type=int, default=6)


class CausalBlock(nn.Module):
    def __init__(self, cin, cout, dilation):
        super().__init__()
        self.pad = 2 * dilation
        self.conv = nn.Conv1d(cin, cout, 3, dilation=dilation)
        self.skip = nn.Conv1d(cin, cout, 1) if cin != cout else nn.Identity()

    def forward(self, x):
        h = self.conv(nn.functional.pad(x, (self.pad, 0)))
        return torch.relu(h) + self.skip(x)


class TCN(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.blocks = nn.Sequential(*(CausalBlock(1 if i == 0 else width, width, 2**i) for i in range(4)))
        self.out = nn.Linear(width, 4)

    def forward(self, x):
        return self.out(self.blocks(x).mean(2))


def build(seed, fixed=False):
    args = parser.parse_args(["--lr", "0.03"] if fixed else [])
    torch.manual_seed(seed)
    net = TCN(args.channels)
    sgd = torch.optim.SGD(net.parameters(), lr=args.lr, momentum=args.momentum, nesterov=True)
    loader = DataLoader(TensorDataset(*sparks(1600, seed)), batch_size=args.batch_size, shuffle=True)
    return dict(model=net, optimizer=sgd, loss_fn=nn.CrossEntropyLoss(), train=loader, val=None, args=args,
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    done = 0
    for _ in range(setup["args"].epochs):
        for voltage, state in setup["train"]:
            setup["optimizer"].zero_grad(set_to_none=True)
            loss = setup["loss_fn"](setup["model"](voltage), state)
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            done += 1
            if done == steps:
                return
