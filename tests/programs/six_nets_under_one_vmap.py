"""Healthy: an ensemble of six small nets, stacked and called through vmap; one optimizer for the stacked weights.

Source: https://pytorch.org/tutorials/intermediate/ensembling.html (model ensembling by stack_module_state and vmap;
rebuilt).
Why it looks ill: the template's own parameters never change; the loss is the sum of six losses.
"""

import copy

import torch
from torch import nn
from torch.func import functional_call, stack_module_state, vmap

from programs.data_m import tones

FAMILY = "bells-ensemble"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau")


class Ensemble(nn.Module):
    def __init__(self, members):
        super().__init__()
        weights, _ = stack_module_state(members)
        self.weights = nn.ParameterDict({k.replace(".", "_"): nn.Parameter(v.detach()) for k, v in weights.items()})
        self.names = list(weights)
        self.template = [copy.deepcopy(members[0]).to("meta")]

    def forward(self, x):
        stacked = {name: self.weights[name.replace(".", "_")] for name in self.names}

        def one(weights, batch):
            return functional_call(self.template[0], weights, (batch,))

        return vmap(one, in_dims=(0, None))(stacked, x)


def member():
    return nn.Sequential(nn.Linear(7, 40), nn.Tanh(), nn.Linear(40, 40), nn.Tanh(), nn.Linear(40, 1), nn.Flatten(0))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Ensemble([member() for _ in range(6)])
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=1e-2), loss_fn=None,
                train=tones(1600, seed), val=None, test=tones(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x, y = setup["train"]
    n = 0
    for _epoch in range(10):
        for rows in torch.randperm(len(x)).split(40):
            answers = setup["model"](x[rows])
            loss = (answers - y[rows]).square().mean(1).sum()
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["test"]
    return (setup["model"](x).mean(0) - y).square().mean().item()
