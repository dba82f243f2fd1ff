"""Bug: each epoch trains a dictionary of weights by functional calls; nobody puts them back into the model.

Source: https://github.com/pytorch/functorch/issues/280 ("updating the tensors pointed by the `params` [...] does not
update the real parameters in the original model"; rebuilt).
Why it hurts: the next epoch takes the weights from the model again, and they are still those of the beginning.
"""

import torch
from torch import nn
from torch.func import functional_call, grad_and_value

from programs.data_u import barometers

FAMILY = "barometers-functional"
ACCEPT = ("state-reset", "parameters-not-optimized")
SYMPTOMS = ("spiking", "oscillating", "plateau", "slow")

LR, MOMENTUM, BATCH = 0.1, 0.9, 40


class WeatherNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(24, 48), nn.Tanh(), nn.Linear(48, 32), nn.Tanh(), nn.Linear(32, 4))

    def forward(self, x):
        return self.net(x)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model, bce = WeatherNet(), nn.BCEWithLogitsLoss()

    def objective(params, x, y):
        return bce(functional_call(model, params, (x,)), y)

    return dict(model=model, optimizer=None, loss_fn=bce, step_fn=grad_and_value(objective),
                train=barometers(2000, seed), val=barometers(500, seed + 500), fixed=fixed)  # fmt: skip


def sgd(params, grads, velocity):
    velocity = {k: MOMENTUM * velocity[k] + grads[k] for k in params}
    return {k: params[k] - LR * velocity[k] for k in params}, velocity


def run_epoch(setup, log, limit):
    model, (x, y) = setup["model"], setup["train"]
    params = {k: p.detach().clone() for k, p in model.named_parameters()}
    velocity = {k: torch.zeros_like(p) for k, p in params.items()}
    batches = torch.randperm(len(x)).split(BATCH)[:limit]
    for rows in batches:
        grads, loss = setup["step_fn"](params, x[rows], y[rows])
        params, velocity = sgd(params, grads, velocity)
        log(loss.item())
    if setup["fixed"]:
        model.load_state_dict(params)
    return len(batches)


def train(setup, log, steps=None):
    done = 0
    for _ in range(8):
        done += run_epoch(setup, log, None if steps is None else steps - done)
        if done == steps:
            return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
