"""Bug: a net with fifty thousand weights learns two kinds of tumour from 70 patients, until it is sure.

Source: https://stats.stackexchange.com/questions/365778/what-should-i-do-when-my-neural-network-doesnt-generalize-well
(rebuilt, on a table with more columns than rows).
Why it hurts: three hundred columns tell seventy patients apart by chance; what ten genes mean is drowned.
"""

import torch
from torch import nn

from programs.data_j import genes

FAMILY = "genes-tumours"
ACCEPT = ("overfitting",)
SYMPTOMS = ("overfitting", "healthy", "too-good")


class TumourNet(nn.Module):
    def __init__(self, hidden=128):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(300, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU())
        self.head = nn.Linear(hidden, 2)

    def forward(self, expression):
        return self.head(self.body(expression))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = genes(70, seed)
    model = TumourNet() if not fixed else nn.Linear(300, 2)
    decay = 1.0 if fixed else 0.0
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3, weight_decay=decay)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), batch_size=14, shuffle=True)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=loader,
                val=genes(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(60):
        for expression, kind in setup["train"]:
            loss = setup["loss_fn"](setup["model"](expression), kind)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """The loss on patients that were not seen."""
    expression, kind = setup["val"]
    return setup["loss_fn"](setup["model"](expression), kind).item()
