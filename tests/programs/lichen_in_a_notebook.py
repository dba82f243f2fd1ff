"""Bug: the training cell of a notebook goes forward, backward and step, but never zero_grad.

Source: https://github.com/IBM/aihwkit/issues/446 ("missing a call to `opt.zero_grad()` at each iteration [...] the loss
decrease then increase again"); https://github.com/xingyizhou/CenterNet/issues/928 (loss huge and unchanged; rebuilt).
Why it hurts: each step follows the sum of all gradients since the first; the weights swing further and further.
"""

import torch
from torch import nn

from programs.data_l import lichens

FAMILY = "lichen-mlp"
ACCEPT = ("missing-zero-grad",)
SYMPTOMS = ("oscillating", "diverging", "spiking", "plateau", "high-flat", "non-finite")


def build(seed, fixed=False):
    torch.manual_seed(seed)
    X_train, y_train = lichens(1280, seed)
    model = nn.Sequential(nn.Linear(7, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
    opt = torch.optim.SGD(model.parameters(), lr=0.03)
    return dict(model=model, optimizer=opt, loss_fn=nn.MSELoss(), train=(X_train, y_train.view(-1, 1)),
                val=lichens(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, opt, loss_func = setup["model"], setup["optimizer"], setup["loss_fn"]
    X, y = setup["train"]
    bs, seen = 32, 0
    n = len(X)
    for _epoch in range(8):
        for i in range((n - 1) // bs + 1):
            xb = X[i * bs : i * bs + bs]
            yb = y[i * bs : i * bs + bs]
            pred = model(xb)
            loss = loss_func(pred, yb)
            loss.backward()
            opt.step()
            if setup["fixed"]:
                opt.zero_grad()
            seen += 1
            log(loss.item())
            if seen == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return (setup["model"](x).squeeze(1) - y).square().mean().item()
