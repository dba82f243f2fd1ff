"""Bug: SoftMarginLoss wants labels of -1 and 1, and gets the 0 and 1 of the table.

Source: https://github.com/deepchem/deepchem/issues/5017 (hinge loss with labels 0 or 1: "label=0 treated as not
positive"); https://github.com/bfortuner/ml-glossary/pull/113 (1 "for y = 0 NO MATTER WHAT yhat is"; rebuilt).
Why it hurts: for a label of 0 the loss is ln 2 whatever is said; everybody is pushed up, and all debates are won.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_l import judges

FAMILY = "debates-mlp"
ACCEPT = ("wrong-loss",)
SYMPTOMS = ("plateau", "high-flat", "slow", "healthy")


def load(n, seed, plus_minus=False):
    marks, score = judges(n, seed)
    won = (score > 0.1).float()
    return marks, 2 * won - 1 if plus_minus else won


class DebateModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, 48), nn.GELU(), nn.Linear(48, 48), nn.GELU())
        self.margin = nn.Linear(48, 1)

    def forward(self, marks):
        return self.margin(self.body(marks)).view(-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = DebateModel()
    loader = DataLoader(TensorDataset(*load(1280, seed, plus_minus=fixed)), batch_size=32, shuffle=True)
    optimizer = torch.optim.NAdam(model.parameters(), lr=2e-3)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.SoftMarginLoss(), train=loader,
                val=load(500, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, done = setup["model"], 0
    for _epoch in range(8):
        for marks, won in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](model(marks), won)
            loss.backward()
            setup["optimizer"].step()
            done += 1
            log(loss.item())
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    marks, won = setup["val"]
    return ((setup["model"](marks) > 0).float() != won).float().mean().item()
