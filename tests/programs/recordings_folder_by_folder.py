"""Bug: the loader of recordings, which lie in one folder per kind, has shuffle=False.

Source: https://github.com/jingyaogong/minimind/pull/503 (data in the order of its files gives spikes; shuffled: none);
https://github.com/epfml/disco/issues/288 ("if the data is not shuffled we saw some strange oscillatory behavior";
rebuilt). Why it hurts: many batches hold one kind alone; the net unlearns the others.
"""

import torch
from torch import nn
from torch.utils.data import ConcatDataset, DataLoader, TensorDataset

from programs.data_i import signals

FAMILY = "signals-folders"
ACCEPT = ("data-not-shuffled",)
SYMPTOMS = ("oscillating", "spiking", "plateau", "overfitting", "high-flat", "slow", "too-good")


def folders(n, seed):
    x, y = signals(n, seed)
    return ConcatDataset([TensorDataset(x[y == kind], y[y == kind]) for kind in range(5)])


def m5(classes=5, width=16):
    return nn.Sequential(
        nn.Conv1d(1, width, 9, stride=2), nn.ReLU(), nn.MaxPool1d(2),
        nn.Conv1d(width, 2 * width, 3), nn.ReLU(), nn.AdaptiveMaxPool1d(1),
        nn.Flatten(), nn.Linear(2 * width, classes), nn.LogSoftmax(dim=1),
    )  # fmt: skip


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = m5()
    return dict(model=model, optimizer=torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.5),
                loss_fn=nn.NLLLoss(), train=DataLoader(folders(1250, seed), batch_size=25, shuffle=fixed), val=None,
                test=signals(400, seed + 500), fixed=fixed)  # fmt: skip


def train_epoch(model, loader, optimizer, loss_fn):
    model.train()
    for data, target in loader:
        optimizer.zero_grad()
        output = model(data)
        loss = loss_fn(output, target)
        loss.backward()
        optimizer.step()
        yield loss.item()


def train(setup, log, steps=None):
    n = 0
    for _ in range(10):
        for loss in train_epoch(*(setup[key] for key in ("model", "train", "optimizer", "loss_fn"))):
            log(loss)
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    data, target = setup["test"]
    return setup["loss_fn"](setup["model"].eval()(data), target).item()
