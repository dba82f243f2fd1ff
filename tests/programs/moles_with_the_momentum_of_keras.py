"""Bug: a net was brought over from Keras, where its batch norms had momentum=0.9995; in torch that is 0.0005.

Source: https://github.com/kazuto1011/deeplab-pytorch/issues/79 (0.999 or 0.001?); https://github.com/Cadene/
pretrained-models.pytorch/issues/5 ("prevents the running mean and var from being updated during training. [...] this
causes a significant discrepancy between train and eval modes"; rebuilt).
Why it hurts: in 240 steps the running values hardly leave 0 and 1; in eval mode the net sees something else.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_j import moles

FAMILY = "moles-bn"
ACCEPT = ("train-eval-mode",)
SYMPTOMS = ("overfitting", "healthy")


def conv_bn(cin, cout, momentum, pool=True):
    layers = [nn.Conv2d(cin, cout, 3, padding=1, bias=False), nn.BatchNorm2d(cout, momentum=momentum), nn.ReLU()]
    return [*layers, nn.MaxPool2d(2)] if pool else layers


class MoleNet(nn.Module):
    def __init__(self, momentum):
        super().__init__()
        self.features = nn.Sequential(*conv_bn(3, 12, momentum), *conv_bn(12, 24, momentum, pool=False))
        self.classifier = nn.Linear(24, 2)

    def forward(self, x):
        return self.classifier(self.features(x).amax((2, 3)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = MoleNet(momentum=0.1 if fixed else 0.0005)
    loader = DataLoader(TensorDataset(*moles(640, seed)), batch_size=32, shuffle=True)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3), loss_fn=nn.CrossEntropyLoss(),
                train=loader, val=moles(200, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, k = setup["model"], 0
    for _epoch in range(12):
        model.train()
        for x, y in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            k += 1
            if k == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"].eval()(x), y).item()
