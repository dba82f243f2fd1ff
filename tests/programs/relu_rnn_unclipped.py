"""Bug: a plain recurrent net with ReLU on long sequences, and no gradient clipping.

Source: https://github.com/chenxie95/deeplearning_course_sjtu/issues/31 (with RNN_RELU the loss explodes to NaN) and
https://github.com/Marcovaldong/lstmp.pytorch/issues/2 ("clip the gradients to a max norm of 1.0"; rebuilt).
Why it hurts: nothing bounds the states or the product of a hundred Jacobians; one batch throws the weights far away.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_b import generator

FAMILY = "walks-rnn"
ACCEPT = ("exploding-gradients", "lr-too-high")
SYMPTOMS = ("non-finite", "spiking", "high-flat", "plateau")
LENGTH = 40


def walks(n, seed):
    """Steps to the left and to the right, as two channels; the target is where the walk ends."""
    steps = 0.25 * torch.randn(n, LENGTH, generator=generator(seed))
    return torch.stack([steps.relu(), (-steps).relu()], 2), steps.sum(1, keepdim=True)


class Walker(nn.Module):
    def __init__(self, hidden=48):
        super().__init__()
        self.rnn = nn.RNN(2, hidden, nonlinearity="relu", batch_first=True)
        nn.init.eye_(self.rnn.weight_hh_l0)
        nn.init.zeros_(self.rnn.bias_hh_l0)
        nn.init.zeros_(self.rnn.bias_ih_l0)
        self.out = nn.Linear(hidden, 1)

    def forward(self, x):
        return self.out(self.rnn(x)[1][-1])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Walker()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.002, momentum=0.9)
    loader = DataLoader(TensorDataset(*walks(1600, seed)), batch_size=32, shuffle=True)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.MSELoss(), train=loader, val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(5):
        for x, target in setup["train"]:
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(x), target)
            loss.backward()
            if setup["fixed"]:
                nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
