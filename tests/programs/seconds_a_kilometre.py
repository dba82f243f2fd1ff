"""Bug: the net returns (N, 1), the seconds are (N,), and the squared error is written out by hand, without a warning.

Source: https://discuss.pytorch.org/t/neural-network-could-not-learn-on-this-type-of-data-why/96648 is akin; of our own.
Why it hurts: the difference is an N by N table, each runner is compared with all; the best answer is the mean.
"""

import torch
from torch.func import functional_call, grad_and_value

from programs.data_p import runners

FAMILY = "runners-pace"
ACCEPT = ("broadcast-loss",)
SYMPTOMS = ("high-flat", "plateau", "oscillating")

LR, BETA, BATCH = 0.05, 0.9, 50


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = torch.nn.Sequential(
        torch.nn.Linear(7, 48),
        torch.nn.Tanh(),
        torch.nn.Linear(48, 48),
        torch.nn.Tanh(),
        torch.nn.Linear(48, 1),
    )
    if fixed:
        model.append(torch.nn.Flatten(0))
    return dict(model=model, optimizer=None, loss_fn=None, train=runners(3000, seed), val=runners(500, seed + 500),
                fixed=fixed)  # fmt: skip


def make_loss(model):
    def loss(params, x, y):
        pace = functional_call(model, params, (x,))
        return ((pace - y) ** 2).mean()

    return loss


def train(setup, log, steps=None):
    model, (x, y) = setup["model"], setup["train"]
    params = {name: p.detach() for name, p in model.named_parameters()}
    speed = {name: torch.zeros_like(p) for name, p in params.items()}
    step = grad_and_value(make_loss(model))
    done = 0
    for _epoch in range(9):
        for rows in torch.randperm(len(x)).split(BATCH):
            grads, value = step(params, x[rows], y[rows])
            speed = {k: BETA * speed[k] + grads[k] for k in params}
            params = {k: params[k] - LR * (1 - BETA) * 2 * speed[k] for k in params}
            log(value.item())
            done += 1
            if done == steps:
                break
        if done == steps:
            break
    model.load_state_dict(params)


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return (setup["model"](x).flatten() - y).square().mean().item()
