"""Bug: for the validation the averaged weights are copied into the model, and the trained ones are not put back.

Source: https://github.com/PKU-YuanGroup/Open-Sora-Plan/issues/186 and
https://github.com/MultimediaTechLab/YOLO/issues/97. Why it hurts: after each epoch the training goes on from an
average that hardly knows of this epoch.
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import digits

FAMILY = "digits-ema"
ACCEPT = ("state-reset",)
SYMPTOMS = ("oscillating", "slow", "plateau", "high-flat")


class EMA:
    def __init__(self, parameters, decay=0.995):
        self.decay = decay
        self.shadow = [p.detach().clone() for p in parameters]

    def update(self, parameters):
        for s, p in zip(self.shadow, parameters, strict=True):
            s.lerp_(p.detach(), 1 - self.decay)

    def store(self, parameters):
        self.kept = [p.detach().clone() for p in parameters]

    @staticmethod
    def copy(source, parameters):
        for s, p in zip(source, parameters, strict=True):
            p.data.copy_(s)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    conv = [nn.Conv2d(1, 8, 5, 2), nn.ReLU(), nn.Conv2d(8, 16, 3, 2), nn.ReLU(), nn.Flatten()]
    model = nn.Sequential(*conv, nn.Linear(400, 10))
    opt = torch.optim.Adam(model.parameters(), lr=2e-3)
    setup = dict(model=model, optimizer=opt, ema=EMA(model.parameters()), loss_fn=F.cross_entropy, fixed=fixed)
    setup["train"] = DataLoader(TensorDataset(*digits(1200, seed)), batch_size=40, shuffle=True)
    return setup | {"val": DataLoader(TensorDataset(*digits(200, seed, train=False)), batch_size=200)}


@torch.no_grad()
def validate(setup):
    model, ema = setup["model"], setup["ema"]
    ema.store(model.parameters())
    ema.copy(ema.shadow, model.parameters())
    loss = sum(float(setup["loss_fn"](model(x), y)) for x, y in setup["val"]) / len(setup["val"])
    if setup["fixed"]:
        ema.copy(ema.kept, model.parameters())
    return loss


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(10):
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            opt.step()
            setup["ema"].update(model.parameters())
            n += 1
            log(loss)
            if n == steps:
                return
        setup["val_loss"] = validate(setup)
