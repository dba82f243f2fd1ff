"""Healthy: the Poisson loss is summed over the batch of 64, and the rate of plain SGD is chosen for a sum.

Source: of our own (no thread). Why it is right: the gradients are
64 times as large as those of a mean and the rate 64 times as small; it is the same training. Must not be called
sum-reduction, lr-too-low or unscaled-targets.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_n import puffins

FAMILY = "puffins-poisson"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class CliffModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden = nn.Linear(5, 32)
        self.hidden2 = nn.Linear(32, 32)
        self.log_rate = nn.Linear(32, 1)

    def forward(self, x):
        x = torch.tanh(self.hidden(x))
        x = torch.tanh(self.hidden2(x))
        return self.log_rate(x).squeeze(-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = CliffModel()
    return dict(
        model=model,
        optimizer=torch.optim.SGD(model.parameters(), lr=0.04 / 64, momentum=0.9),
        loss_fn=nn.PoissonNLLLoss(log_input=True, full=True, reduction="sum"),
        train=DataLoader(TensorDataset(*puffins(2560, seed)), batch_size=64, shuffle=True),
        val=puffins(1000, seed + 500),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, optimizer, nll = setup["model"], setup["optimizer"], setup["loss_fn"]
    n = 0
    for _epoch in range(12):
        for x, count in setup["train"]:
            optimizer.zero_grad()
            loss = nll(model(x), count)
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """For each piece of a cliff."""
    x, count = setup["val"]
    return setup["loss_fn"](setup["model"](x), count).item() / len(x)
