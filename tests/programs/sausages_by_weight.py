"""Bug: the net returns a column (N, 1), the weights are a row (N,), and the squared error is written by hand.

Source: https://github.com/deepset-ai/FARM/issues/229 ("This will likely lead to incorrect results due to
broadcasting"; rebuilt). Why it hurts: each answer is compared with all targets; the best is their mean.
"""

import torch

from programs.data_o import measured

FAMILY = "sausages-regression"
ACCEPT = ("broadcast-loss",)
SYMPTOMS = ("plateau", "high-flat")


def mse(prediction, target):
    return ((prediction - target) ** 2).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    X, y = measured(1500, seed, 4)
    Xt, yt = measured(500, seed + 500, 4)
    if fixed:
        y = y[:, None]
    net = torch.nn.Sequential(torch.nn.Linear(8, 48), torch.nn.Tanh(), torch.nn.Linear(48, 1))
    return {
        "model": net,
        "optimizer": torch.optim.AdamW(net.parameters(), lr=1e-2),
        "loss_fn": mse,
        "train": (X, y),
        "val": (Xt, yt),
        "fixed": fixed,
    }


def train(setup, log, steps=None):
    X, y = setup["train"]
    net, opt = setup["model"], setup["optimizer"]
    for _i in range(min(600, steps or 600)):
        pick = torch.randint(0, len(X), (50,))
        opt.zero_grad()
        loss = mse(net(X[pick]), y[pick])
        loss.backward()
        opt.step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    Xt, yt = setup["val"]
    return (setup["model"](Xt).flatten() - yt).pow(2).mean().item()
