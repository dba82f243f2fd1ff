"""Bug: the matrices of the hand-written recurrent cell are drawn by torch.randn, and not divided by any width.

Source: https://bigghis.github.io/AI-appunti/guide/optimizations/initialloss.html (weights by torch.randn, a loss of 26
at the first step, until they were made smaller; rebuilt as a cell).
Why it hurts: sums of width seven into tanh: all units stand at -1 or 1 and jump from step to step.
"""

import torch
from torch import nn

from programs.data_s import swaying_loads

FAMILY = "cranes-rnn"
ACCEPT = ("bad-init-scale", "saturated-activations", "exploding-gradients")
SYMPTOMS = ("plateau", "slow", "high-flat", "oscillating", "spiking")


class ScratchRNN(nn.Module):
    """h = tanh(x W_x + h W_h + b)"""

    def __init__(self, inputs, hidden, sigma):
        super().__init__()
        self.W_x = nn.Parameter(torch.randn(inputs, hidden) * sigma)
        self.W_h = nn.Parameter(torch.randn(hidden, hidden) * sigma)
        self.b = nn.Parameter(torch.zeros(hidden))
        self.V = nn.Parameter(torch.randn(hidden, 1) * sigma)
        self.c = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        h = x.new_zeros(len(x), len(self.b))
        for x_t in x.unbind(1):
            h = torch.tanh(x_t @ self.W_x + h @ self.W_h + self.b)
        return (h @ self.V + self.c)[:, 0]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    hidden = 48
    rnn = ScratchRNN(2, hidden, sigma=hidden**-0.5 if fixed else 1.0)
    return dict(model=rnn, optimizer=torch.optim.Adam(rnn.parameters(), lr=2e-3), loss_fn=nn.MSELoss(),
                train=swaying_loads(2000, seed), val=swaying_loads(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    rnn, optimizer, mse = setup["model"], setup["optimizer"], setup["loss_fn"]
    X, Y = setup["train"]
    t = 0
    while True:
        for rows in torch.randperm(len(X)).split(50):
            optimizer.zero_grad()
            loss = mse(rnn(X[rows]), Y[rows])
            loss.backward()
            nn.utils.clip_grad_norm_(rnn.parameters(), 5.0)
            optimizer.step()
            t += 1
            log(loss.item())
            if t == (steps or 400):
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
