"""Healthy: the adding problem: a GRU must keep two marked numbers of twenty-four and give their sum.

Source: Hochreiter and Schmidhuber 1997; Le et al. 2015, https://arxiv.org/abs/1504.00941 (rebuilt, shorter).
Why it looks ill: for long the loss stays at 0.167, the variance of the sum; then it falls.
"""

import torch
from torch import nn

from programs.data_k import marked_sums

FAMILY = "marked-numbers"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow")


class Adder(nn.Module):
    def __init__(self, hidden=40):
        super().__init__()
        self.gru, self.out = nn.GRU(2, hidden, batch_first=True), nn.Linear(hidden, 1)

    def forward(self, x):
        return self.out(self.gru(x)[0][:, -1]).squeeze(1)


def batches(seed, size):
    """New rows for each step, without end."""
    step = 0
    while True:
        yield marked_sums(size, 1000 * seed + step)
        step += 1


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Adder()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=5e-3), loss_fn=nn.MSELoss(),
                train=batches(seed + 10, 50), val=None, test=marked_sums(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    for n, (x, total) in enumerate(setup["train"], start=1):
        optimizer.zero_grad()
        loss = setup["loss_fn"](model(x), total)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        log(loss.item())
        if n == (steps or 500):
            return


@torch.no_grad()
def error(setup):
    x, total = setup["test"]
    return setup["loss_fn"](setup["model"](x), total).item()
