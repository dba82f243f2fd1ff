"""Bug: all weights of the linear layers begin at 0.05, so that runs can be repeated without a seed.

Source: https://github.com/microsoft/vscode-python/issues/5069 (a course's notebook: "initialize each Linear layer with
a constant weight [...] nn.init.constant_(m.weight, constant_weight)"; rebuilt, kept in real training).
Why it hurts: all units of a layer compute the same and get the same gradient; the net is one unit wide for ever.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_j import hotels

FAMILY = "hotel-cancel"
ACCEPT = ("symmetric-init",)
SYMPTOMS = ("plateau", "high-flat", "slow")


class TabularModel(nn.Module):
    def __init__(self, hidden=48):
        super().__init__()
        self.embeds = nn.ModuleList([nn.Embedding(12, 3) for _ in range(3)])
        self.lin1 = nn.Linear(9 + 6, hidden)
        self.lin2 = nn.Linear(hidden, hidden)
        self.out = nn.Linear(hidden, 1)

    def forward(self, cat, cont):
        x = torch.cat([e(cat[:, i]) for i, e in enumerate(self.embeds)] + [cont], 1)
        x = torch.relu(self.lin1(x))
        x = torch.relu(self.lin2(x))
        return self.out(x).squeeze(1)


def init_weights(m):
    if isinstance(m, nn.Linear):
        nn.init.constant_(m.weight, 0.05)
        nn.init.constant_(m.bias, 0.0)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = TabularModel()
    if not fixed:
        model.apply(init_weights)
    loader = DataLoader(TensorDataset(*hotels(2000, seed)), batch_size=50, shuffle=True)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=4e-3), loss_fn=nn.BCEWithLogitsLoss(),
                train=loader, val=None, test=hotels(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(10):
        for cat, cont, cancelled in setup["train"]:
            loss = setup["loss_fn"](setup["model"](cat, cont), cancelled)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    cat, cont, cancelled = setup["test"]
    return setup["loss_fn"](setup["model"](cat, cont), cancelled).item()
