"""Bug: a helper splits an array at random; it is called once for the inputs and once for the answers.

Source: https://github.com/DrexelChatbotGroup/DrexelChatbot/issues/15 ("This invalidates the required association
between them"; rebuilt with a split).
Why it hurts: each call draws an order of its own, so that the row of a mix meets the strength of another one.
"""

from itertools import pairwise

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_g import mixes

FAMILY = "alloys-split"
ACCEPT = ("labels-misaligned",)
SYMPTOMS = ("high-flat", "plateau", "overfitting", "slow")


def split(array, share=0.2, generator=None):
    order = torch.randperm(len(array), generator=generator)
    cut = int(share * len(array))
    return array[order[cut:]], array[order[:cut]]


def prepare(seed, same):
    x, y = mixes(1500, seed)
    g = torch.Generator().manual_seed(seed)
    x_train, x_test = split(x, generator=g)
    if same:
        g.manual_seed(seed)
    y_train, y_test = split(y.unsqueeze(1), generator=g)
    return (x_train, y_train), (x_test, y_test)


class Regressor(nn.Module):
    def __init__(self, hidden=(48, 48), drop=0.05):
        super().__init__()
        sizes = [8, *hidden]
        layers = []
        for a, b in pairwise(sizes):
            layers += [nn.Linear(a, b), nn.LayerNorm(b), nn.GELU(), nn.Dropout(drop)]
        self.body, self.head = nn.Sequential(*layers), nn.Linear(sizes[-1], 1)

    def forward(self, x):
        return self.head(self.body(x))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    (x, y), test = prepare(seed, fixed)
    model = Regressor()
    return dict(model=model, optimizer=torch.optim.AdamW(model.parameters(), lr=4e-3), loss_fn=nn.SmoothL1Loss(),
                train=DataLoader(TensorDataset(x, y), batch_size=40, shuffle=True), val=test, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, criterion, seen = setup["model"], setup["optimizer"], setup["loss_fn"], 0
    for _ in range(10):
        model.train()
        for features, strength in setup["train"]:
            loss = criterion(model(features), strength)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            seen += 1
            log(loss.item())
            if seen == steps:
                return


@torch.no_grad()
def error(setup):
    """On rows that nobody has touched."""
    x, y = mixes(400, 900)
    return nn.functional.mse_loss(setup["model"].eval()(x).squeeze(1), y).item()
