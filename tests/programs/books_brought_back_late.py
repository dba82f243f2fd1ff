"""Bug: among the columns is the fine, which is only paid once the book has come back late.

Source: https://dev.to/ashish_ghadigaonkar_/data-leakage-in-machine-learning-2ia3 (a column
cancellation_timestamp: "This feature didn't exist at inference time"; rebuilt with a library).
Why it hurts: the net reads the answer off that column; on the day of the loan nobody has paid, and it is always no.
"""

import torch
from torch import nn

from programs.data_n import borrowers

FAMILY = "library-fines"
ACCEPT = ("target-leak",)
SYMPTOMS = ("too-good", "healthy", "overfitting")
COLUMNS = ["age", "distance", "pages", "open_loans", "years_member", "weekday", "fine"]


def load(n, seed, at_the_desk=False):
    """As a dict of columns; at the desk a loan begins, and nothing is known of what comes later."""
    x, fine, late = borrowers(n, seed)
    table = dict(zip(COLUMNS, x.T, strict=False))
    table["fine"] = torch.zeros(n) if at_the_desk else fine
    return table, late


def stack(table, names):
    return torch.stack([table[name] for name in names], dim=1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    names = COLUMNS[:-1] if fixed else COLUMNS
    table, late = load(1800, seed)
    x, y = stack(table, names), late
    mlp = nn.Sequential(
        nn.Linear(len(names), 48), nn.SiLU(), nn.Linear(48, 48), nn.SiLU(), nn.Linear(48, 1), nn.Flatten(0)
    )
    return dict(
        model=mlp,
        optimizer=torch.optim.AdamW(mlp.parameters(), lr=2e-3, weight_decay=0.01),
        loss_fn=nn.BCEWithLogitsLoss(),
        train=(x[:1500], y[:1500]),
        val=(x[1500:], y[1500:]),
        names=names,
        desk=load(400, seed + 500, at_the_desk=True),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, optimizer, bce = setup["model"], setup["optimizer"], setup["loss_fn"]
    (x, y), (x_val, y_val) = setup["train"], setup["val"]
    done = 0
    for _epoch in range(10):
        for rows in torch.randperm(len(x)).split(30):
            optimizer.zero_grad()
            loss = bce(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            done += 1
            seen = {}
            if done % 50 == 0:
                with torch.no_grad():
                    seen["val_loss"] = bce(model(x_val), y_val).item()
            log(loss.item(), **seen)
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    """The loss at the desk."""
    table, late = setup["desk"]
    return setup["loss_fn"](setup["model"](stack(table, setup["names"])), late).item()
