"""Bug: the weights of a net written with plain tensors all begin at 0.1.

Source: https://stackoverflow.com/questions/20027598 (why random weights: "all units in hidden layer will be the same
too"; as shown at https://ogeek.cn/qa/?qa=491495, rebuilt).
Why it hurts: all units of a layer get the same gradient and stay equal; a layer of forty is worth one unit.
"""

import torch
import torch.nn.functional as F

from programs.data_n import olives

FAMILY = "olives-mlp"
ACCEPT = ("symmetric-init",)
SYMPTOMS = ("plateau", "high-flat", "slow")

learning_rate = 0.05
momentum = 0.8


def new_weights(fixed):
    def matrix(fan_in, fan_out):
        if fixed:
            return torch.randn(fan_in, fan_out) * (2 / fan_in) ** 0.5
        return torch.full((fan_in, fan_out), 0.1)

    weights = {
        "w1": matrix(8, 40), "b1": torch.zeros(40), "w2": matrix(40, 40), "b2": torch.zeros(40),
        "w3": matrix(40, 3), "b3": torch.zeros(3),
    }  # fmt: skip
    return torch.nn.ParameterDict({name: torch.nn.Parameter(w) for name, w in weights.items()})


def network(x, w):
    h = F.relu(x @ w["w1"] + w["b1"])
    h = F.relu(h @ w["w2"] + w["b2"])
    return h @ w["w3"] + w["b3"]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    w = new_weights(fixed)
    sgd = torch.optim.SGD(w.values(), lr=learning_rate, momentum=momentum)
    x, y = olives(2400, seed)
    batches = [(x[i : i + 32], y[i : i + 32]) for i in range(0, len(x), 32)]
    return dict(model=w, optimizer=sgd, loss_fn=F.cross_entropy, forward=network, train=batches,
                val=olives(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    w, sgd, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(7):
        for x, y in setup["train"]:
            sgd.zero_grad()
            loss = F.cross_entropy(network(x, w), y)
            loss.backward()
            sgd.step()
            log(loss.item())
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return F.cross_entropy(network(x, setup["model"]), y).item()
