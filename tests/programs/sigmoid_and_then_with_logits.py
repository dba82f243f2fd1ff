"""Bug: the model of a table ends in a sigmoid, and the loss is BCEWithLogitsLoss, which takes a sigmoid itself.

Source: https://github.com/yudi-mars/daisyRec/pull/15 ("otherwise loss does not converge"; rebuilt in own words).
Why it hurts: the second sigmoid sees only 0 to 1 and says 0.5 to 0.73; a loan that failed costs ln 2 at the least.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_d import loans

FAMILY = "loans-mlp"
ACCEPT = ("softmax-before-cross-entropy", "output-activation-mismatch")
SYMPTOMS = ("plateau", "slow", "high-flat")


class LoanModel(nn.Module):
    def __init__(self, sigmoid=True):
        super().__init__()
        self.job = nn.Embedding(12, 6)
        self.region = nn.Embedding(20, 8)
        self.layers = nn.Sequential(
            nn.BatchNorm1d(19),
            nn.Linear(19, 64),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Linear(64, 32),
            nn.ReLU(),
            nn.Linear(32, 1),
        )
        self.final = nn.Sigmoid() if sigmoid else nn.Identity()

    def forward(self, numbers, kinds):
        row = torch.cat([numbers, self.job(kinds[:, 0]), self.region(kinds[:, 1])], dim=1)
        return self.final(self.layers(row)).squeeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = LoanModel(sigmoid=not fixed)
    table = TensorDataset(*loans(3200, seed))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-3)
    return dict(
        model=model,
        optimizer=optimizer,
        loss_fn=nn.BCEWithLogitsLoss(),
        train=DataLoader(table, batch_size=64, shuffle=True, drop_last=True),
        val=DataLoader(TensorDataset(*loans(1000, seed + 50)), batch_size=500),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, optimizer, loss_fn, n = setup["model"], setup["optimizer"], setup["loss_fn"], 0
    for _ in range(4):
        model.train()
        for numbers, kinds, paid in setup["train"]:
            loss = loss_fn(model(numbers, kinds), paid)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            n += 1
            log(loss)
            if n == steps:
                return
        model.eval()
        with torch.no_grad():
            held = [loss_fn(model(a, b), c).item() for a, b, c in setup["val"]]
        setup["val_loss"] = sum(held) / len(held)
