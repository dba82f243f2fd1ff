"""Bug: reset_weights, meant for the beginning of a fold, is applied at the beginning of every epoch.

Source: https://github.com/havakv/pycox/issues/151 (layer.reset_parameters() in the loop over splits);
https://github.com/skorch-dev/skorch/issues/689 ("the model gave lower results and trained slower when I re-initiate
weight & bias manually"; rebuilt). Why it hurts: what an epoch has learnt is thrown away before the next.
"""

import torch
from torch import nn

from programs.data_l import shells

FAMILY = "ferns-mlp"
ACCEPT = ("state-reset",)
SYMPTOMS = ("oscillating", "high-flat", "plateau", "slow", "spiking")


def reset_weights(m):
    """Forget, to avoid leakage from fold to fold."""
    if hasattr(m, "reset_parameters"):
        m.reset_parameters()


def folds(n, k):
    parts = torch.randperm(n).chunk(k)
    for i in range(k):
        yield torch.cat([part for j, part in enumerate(parts) if j != i]), parts[i]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(12, 48), nn.ReLU(), nn.Linear(48, 48), nn.ReLU(), nn.Linear(48, 6))
    return dict(model=net, optimizer=torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.5),
                loss_fn=nn.CrossEntropyLoss(), train=shells(800, seed), val=None, results=[], fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, optimizer, criterion, done = setup["model"], setup["optimizer"], setup["loss_fn"], 0
    x, y = setup["train"]
    for train_ids, test_ids in list(folds(len(x), 5))[:1]:  # the first fold only, as the others take long
        net.apply(reset_weights)
        for epoch in range(15):
            if epoch and not setup["fixed"]:
                net.apply(reset_weights)
            for ids in train_ids[torch.randperm(len(train_ids))].split(32):
                optimizer.zero_grad()
                loss = criterion(net(x[ids]), y[ids])
                loss.backward()
                optimizer.step()
                done += 1
                log(loss.item())
                if done == steps:
                    return
        with torch.no_grad():
            setup["results"].append(criterion(net(x[test_ids]), y[test_ids]).item())


def error(setup):
    """The mean over the folds."""
    return sum(setup["results"]) / len(setup["results"])
