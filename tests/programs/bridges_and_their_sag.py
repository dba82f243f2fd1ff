"""Healthy: a net for the sag of a bridge, called through torch.func.functional_call, its gradients by torch.func.grad.

Source: of our own. Why it is right: the step of plain gradient descent is written out, at a rate that fits.
"""

import torch
from torch import nn
from torch.func import functional_call, grad_and_value

from programs.data_o import measured

FAMILY = "bridges-functional"
ACCEPT = ()
SYMPTOMS = ("healthy",)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(8, 48), nn.Tanh(), nn.Linear(48, 1), nn.Flatten(0))
    return dict(model=net, optimizer=None, loss_fn=nn.functional.mse_loss, train=measured(1600, seed, 35),
                val=measured(400, seed + 500, 35), lr=0.1, momentum=0.8, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, (x, y) = setup["model"], setup["train"]

    def loss_of(params, features, sag):
        return setup["loss_fn"](functional_call(net, params, (features,)), sag)

    step_of = grad_and_value(loss_of)
    velocity = {name: torch.zeros_like(p) for name, p in net.named_parameters()}
    count = 0
    for _epoch in range(15):
        for ids in torch.randperm(len(x)).split(40):
            params = {name: p.detach() for name, p in net.named_parameters()}
            grads, loss = step_of(params, x[ids], y[ids])
            with torch.no_grad():
                for name, p in net.named_parameters():
                    velocity[name].mul_(setup["momentum"]).add_(grads[name])
                    p -= setup["lr"] * velocity[name]
            log(loss.item())
            count += 1
            if count == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
