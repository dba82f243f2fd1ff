"""Bug: the option that cuts the data set to 64 rows, for a quick test, was left on.

Source: https://github.com/quangvnai/grit/issues/5 (overfit: True stood in the published configuration; rebuilt). Why
it hurts: the training loss falls to nothing; for any other row the net is of no use.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_a import waves

FAMILY = "waves-overfit-option"
ACCEPT = ("overfitting",)
SYMPTOMS = ("overfitting", "too-good", "healthy")
OVERFIT_SIZE = 64


class Table(Dataset):
    def __init__(self, n, seed, overfit=False):
        self.x, self.y = waves(n, seed)
        self.overfit = overfit

    def __len__(self):
        return OVERFIT_SIZE if self.overfit else len(self.x)

    def __getitem__(self, i):
        return self.x[i], self.y[i : i + 1]


CONFIG = {"overfit": True, "width": 96, "lr": 3e-3, "batch_size": 16, "steps": 360}


def build(seed, fixed=False):
    torch.manual_seed(seed)
    cfg = CONFIG | {"overfit": not fixed}
    width = cfg["width"]
    model = nn.Sequential(nn.Linear(6, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 1))
    opt = torch.optim.AdamW(model.parameters(), lr=cfg["lr"])
    setup = dict(model=model, optimizer=opt, loss_fn=nn.MSELoss(), cfg=cfg, fixed=fixed)
    setup["train"] = DataLoader(Table(2400, seed, cfg["overfit"]), batch_size=cfg["batch_size"], shuffle=True)
    return setup | {"val": DataLoader(Table(500, seed + 77), batch_size=250)}


@torch.no_grad()
def evaluate(setup):
    return sum(float(setup["loss_fn"](setup["model"](x), y)) for x, y in setup["val"]) / len(setup["val"])


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    total = setup["cfg"]["steps"]
    while n < total:
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n in (steps, total):
                return
        setup["val_loss"] = evaluate(setup)


def error(setup):
    return evaluate(setup)
