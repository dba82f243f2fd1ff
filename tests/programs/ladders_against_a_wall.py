"""Bug: init_weights fills the biases of the hidden layers with -8.

Source: https://taourl.com/read-2034078.html (poor initialization as a reason of a loss that does not fall; rebuilt).
Why it hurts: behind the ReLU every unit is zero for every row; only the last bias can learn.
"""

import torch
from torch import nn

from programs.data_o import measured

FAMILY = "ladders-regression"
ACCEPT = ("dead-relu", "bad-init-scale")
SYMPTOMS = ("high-flat", "plateau")


def init_weights(module, bias):
    if isinstance(module, nn.Linear):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        nn.init.constant_(module.bias, bias)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    body = nn.Sequential(nn.Linear(8, 40), nn.ReLU(), nn.Linear(40, 40), nn.ReLU())
    body.apply(lambda m: init_weights(m, 0.0 if fixed else -8.0))
    net = nn.Sequential(body, nn.Linear(40, 1), nn.Flatten(0))
    return dict(model=net, optimizer=torch.optim.SGD(net.parameters(), lr=0.03, momentum=0.9),
                loss_fn=nn.HuberLoss(), train=measured(1600, seed, 12), val=measured(400, seed + 500, 12),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    features, angle = setup["train"]
    sampler = torch.utils.data.BatchSampler(torch.utils.data.RandomSampler(features), 40, drop_last=True)
    n = 0
    for _epoch in range(10):
        for ids in sampler:
            loss = setup["loss_fn"](setup["model"](features[ids]), angle[ids])
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    features, angle = setup["val"]
    return setup["loss_fn"](setup["model"](features), angle).item()
