"""Bug: train() is called once, before a first look at the validation set that calls eval(); nobody switches back.

Source: https://github.com/wkentaro/pytorch-fcn/pull/56 (return to train mode after validation; rebuilt). Why it
hurts: batch norm keeps the mean 0 and the variance 1 that it was made with and normalises nothing; the rate was
chosen for a net that is normalised.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import digits

FAMILY = "digits-bn-cnn"
ACCEPT = ("train-eval-mode",)
SYMPTOMS = ("high-flat", "oscillating", "plateau", "slow")


def conv_bn(n_in, n_out, stride):
    return nn.Sequential(nn.Conv2d(n_in, n_out, 3, stride, 1, bias=False), nn.BatchNorm2d(n_out), nn.ReLU())


def make():
    body = [conv_bn(1, 8, 2), conv_bn(8, 16, 2), conv_bn(16, 16, 1), conv_bn(16, 32, 2)]
    return nn.Sequential(*body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = digits(2200, seed)
    x = (x - 0.13) / 0.31
    model = make()
    opt = torch.optim.SGD(model.parameters(), lr=0.3, momentum=0.9, weight_decay=1e-4)
    setup = dict(model=model, optimizer=opt, loss_fn=nn.CrossEntropyLoss(), fixed=fixed)
    setup["train"] = DataLoader(TensorDataset(x[:2000], y[:2000]), batch_size=50, shuffle=True)
    return setup | {"val": DataLoader(TensorDataset(x[2000:], y[2000:]), batch_size=200)}


@torch.no_grad()
def validate(setup):
    model = setup["model"]
    model.eval()
    losses = [setup["loss_fn"](model(x), y).item() for x, y in setup["val"]]
    return sum(losses) / len(losses)


def train(setup, log, steps=None):
    model, opt, step = setup["model"], setup["optimizer"], 0
    model.train()
    setup["val_losses"] = [validate(setup)]
    for _epoch in range(3):
        if setup["fixed"]:
            model.train()
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            opt.step()
            step += 1
            log(loss)
            if step == steps:
                return
        setup["val_losses"].append(validate(setup))
