"""Healthy: the eggs are forged a little better in each epoch, on purpose, so that the loss rises after its first fall.

Source: https://github.com/krishnakanthnakka/Transferable_Perturbations/issues/3 (an `eps_scheduler`: what for?) and
https://github.com/locuslab/convex_adversarial/issues/17 (epsilon starts small and is gradually increased; rebuilt).
Nothing to mend: the loss is that on forged eggs, and these become harder; the one on forgeries of one kind falls.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from programs.data_u import eggs

FAMILY = "eggs-adversarial"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "high-flat", "oscillating", "diverging")

EPOCHS, EPS = 10, 0.3


def forge(net, x, y, eps):
    """One step against the net, along the sign of the slope."""
    if eps == 0:
        return x
    x = x.clone().requires_grad_()
    (slope,) = torch.autograd.grad(F.cross_entropy(net(x), y), x)
    return (x + eps * slope.sign()).detach()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(12, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
    return dict(
        model=net,
        optimizer=torch.optim.Adam(net.parameters(), lr=2e-3),
        loss_fn=nn.CrossEntropyLoss(),
        train=DataLoader(TensorDataset(*eggs(2400, seed)), batch_size=60, shuffle=True),
        val=eggs(500, seed + 500),
        fixed=fixed,
    )


def forged_loss(setup, eps):
    x, y = setup["val"]
    found = F.cross_entropy(setup["model"](forge(setup["model"], x, y, eps)), y)
    return found.item()


def error(setup):
    return forged_loss(setup, EPS)


def train(setup, log, steps=None):
    net, optimizer, count = setup["model"], setup["optimizer"], 0
    for epoch in range(EPOCHS):
        eps = EPS * min(1.0, epoch / (EPOCHS - 3))
        for i, (x, y) in enumerate(setup["train"], 1):
            x = forge(net, x, y, eps)
            loss = setup["loss_fn"](net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            count += 1
            last = i == len(setup["train"])
            log(loss.item(), **({"metric": -forged_loss(setup, EPS)} if last else {}))
            if count == steps:
                return
