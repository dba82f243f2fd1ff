"""Healthy: each weight has an Adam of its own, which steps inside of backward, as soon as its gradient is there.

Source: https://github.com/pytorch/tutorials/pull/2568 ("Fuse optimizer into backward tutorial": "once a gradient has
been accumulated, we will immediately apply the optimizer to the corresponding parameter and drop that gradient");
https://github.com/pytorch/pytorch/issues/116975 (the same code of a user; rebuilt).
Why it is well: a weight changes only after backward has used it; the steps are the same as those of one Adam.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_l import looms

FAMILY = "looms-hooks"
ACCEPT = ()
SYMPTOMS = ("healthy",)


def make_net(channels=24, cloths=4):
    return nn.Sequential(
        nn.Conv1d(2, channels, 7, padding=3),
        nn.GELU(),
        nn.MaxPool1d(2),
        nn.Conv1d(channels, channels, 5, padding=2),
        nn.GELU(),
        nn.AdaptiveAvgPool1d(1),
        nn.Flatten(),
        nn.Linear(channels, cloths),
    )


def fuse(net, lr):
    """One optimizer for each weight, called by the weight itself."""
    optimizers = {p: torch.optim.Adam([p], lr=lr, foreach=False) for p in net.parameters()}

    def step_now(p):
        optimizers[p].step()
        optimizers[p].zero_grad()

    for p in optimizers:
        p.register_post_accumulate_grad_hook(step_now)
    return tuple(optimizers.values())


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = make_net()
    loader = DataLoader(TensorDataset(*looms(1600, seed)), batch_size=32, shuffle=True)
    return dict(model=net, optimizer=fuse(net, lr=3e-3), loss_fn=nn.CrossEntropyLoss(), train=loader,
                val=looms(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    left = steps or 400
    while True:
        for x, y in setup["train"]:
            loss = setup["loss_fn"](setup["model"](x), y)
            loss.backward()
            log(loss.item())
            left -= 1
            if not left:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return (setup["model"](x).argmax(1) != y).float().mean().item()
