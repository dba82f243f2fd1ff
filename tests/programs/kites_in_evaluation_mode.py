"""Bug: train_one_epoch was copied from evaluate, with its first line: model.eval().

Source: https://github.com/fartashf/vsepp/issues/4 (validation is followed by training without model.train());
https://github.com/wolny/pytorch-3dunet/issues/53 (when eval() and when train(); rebuilt).
Why it hurts: the norms use their first running mean 0 and variance 1, that is nothing; eight layers fade out.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_l import kites

FAMILY = "kites-bn"
ACCEPT = ("train-eval-mode",)
SYMPTOMS = ("high-flat", "slow", "plateau")


def stage(cin, cout):
    return nn.Sequential(nn.Conv2d(cin, cout, 3, padding=1, bias=False), nn.BatchNorm2d(cout), nn.ReLU(inplace=True))


def kite_net(kinds=5, width=12, depth=8):
    layers = [stage(1, width)] + [stage(width, width) for _ in range(depth - 1)]
    layers.insert(2, nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(4 * width, kinds))


@torch.no_grad()
def evaluate(model, criterion, batch):
    model.eval()
    x, y = batch
    return criterion(model(x), y).item()


def train_one_epoch(model, criterion, optimizer, loader, mode):
    model.train(mode)
    for x, y in loader:
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss.item()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = kite_net()
    loader = DataLoader(TensorDataset(*kites(960, seed)), batch_size=32, shuffle=True)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9, weight_decay=1e-4)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=loader,
                val=kites(300, seed + 500), history=[], fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    count = 0
    for _epoch in range(7):
        for loss in train_one_epoch(setup["model"], setup["loss_fn"], setup["optimizer"], setup["train"],
                                    mode=setup["fixed"]):  # fmt: skip
            log(loss)
            count += 1
            if count == steps:
                return
        setup["history"].append(evaluate(setup["model"], setup["loss_fn"], setup["val"]))
