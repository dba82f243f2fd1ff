"""Bug: one of the columns is a running mean with the hour in its middle, so that it knows the hours to come.

Source: https://github.com/tidymodels/rsample/issues/269 ("Information leakage with rolling averages", with .align =
"center"); https://github.com/alteryx/featuretools/issues/2227 ("accidental leakage"; rebuilt for sap in trees).
Why it hurts: the answer can be worked out of the columns; when the net is used, the coming hours are not there.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_k import saps

FAMILY = "sap-flow"
ACCEPT = ("target-leak",)
SYMPTOMS = ("too-good", "healthy")


def rolling(x, centre, wide=3):
    kernel = torch.full((1, 1, wide), 1 / wide)
    padded = nn.functional.pad(x[None, None], (wide // 2, wide // 2) if centre else (wide - 1, 0), mode="replicate")
    return nn.functional.conv1d(padded, kernel)[0, 0]


def table(x, centre):
    """Four hours, the running mean at the last of them, and as answer the hour after."""
    rows = x.unfold(0, 4, 1)[:-1]
    mean = rolling(x, centre)[3:-1]
    return torch.column_stack([rows, mean]), x[4:]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(5, 48), nn.Tanh(), nn.Linear(48, 48), nn.Tanh(), nn.Linear(48, 1), nn.Flatten(0))
    loader = DataLoader(TensorDataset(*table(saps(2000, seed), centre=not fixed)), batch_size=50, shuffle=True)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), loss_fn=nn.MSELoss(),
                train=loader, val=None, test=table(saps(600, seed + 500), centre=False), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(8):
        for rows, nxt in setup["train"]:
            loss = setup["loss_fn"](setup["model"](rows), nxt)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """As in use: the running mean can only look back."""
    rows, nxt = setup["test"]
    return setup["loss_fn"](setup["model"](rows), nxt).item()
