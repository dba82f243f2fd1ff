"""Healthy: LBFGS on the whole table; each step calls the model several times through its closure.

Source: https://docs.pytorch.org/docs/stable/generated/torch.optim.LBFGS.html (no thread). Nothing to mend: one batch
is the same at every step because it is the whole table.
"""

import torch
from torch import nn

from programs.data_a import waves

FAMILY = "waves-lbfgs"
ACCEPT = ()
SYMPTOMS = ("healthy",)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(6, 24), nn.Tanh(), nn.Linear(24, 24), nn.Tanh(), nn.Linear(24, 1), nn.Flatten(0))
    opt = torch.optim.LBFGS(model.parameters(), lr=0.5, max_iter=3, history_size=10, line_search_fn="strong_wolfe")
    setup = dict(model=model, optimizer=opt, loss_fn=nn.MSELoss(), train=[waves(1500, seed)], val=None, fixed=fixed)
    return setup | dict(held_out=waves(400, seed + 3))


def train(setup, log, steps=None):
    model, opt, mse = setup["model"], setup["optimizer"], setup["loss_fn"]
    ((x, y),) = setup["train"]

    def closure():
        opt.zero_grad()
        loss = mse(model(x), y)
        loss.backward()
        return loss

    for n in range(1, 121):
        log(opt.step(closure))
        if n == steps:
            return


@torch.no_grad()
def error(setup):
    x, y = setup["held_out"]
    return float(setup["loss_fn"](setup["model"](x), y))
