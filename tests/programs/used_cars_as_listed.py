"""Bug: year, kilometres and power of used cars go into the net as they are listed.

Source: https://github.com/BrainJS/brain.js/issues/278 ("Inputs are not normalized");
https://github.com/GiorgosXou/NeuralNetworks/issues/1 (raw values: the output is always the same; divided: "it works
perfectly"; rebuilt). Why it hurts: kilometres drown all else, and a rate that suits them suits no other column.
"""

import torch
from torch import nn

from programs.data_i import cars

FAMILY = "cars-raw"
ACCEPT = ("unscaled-inputs", "saturated-activations")
SYMPTOMS = ("high-flat", "plateau", "slow", "oscillating", "spiking")


def get_data(seed, scale):
    x, price = cars(1500, seed)
    y = (price - 8000) / 4000
    if scale:
        x = (x - x.mean(0)) / x.std(0)
    return x, y.view(-1, 1)


def make_model():
    return nn.Sequential(
        nn.Linear(6, 32),
        nn.Tanh(),
        nn.Linear(32, 16),
        nn.Tanh(),
        nn.Linear(16, 1),
    )


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = get_data(seed, fixed)
    model = make_model()
    data = (x[:1200], y[:1200]), (x[1200:], y[1200:])
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=5e-3), loss_fn=nn.MSELoss(),
                train=data[0], val=data[1], fixed=fixed)  # fmt: skip


def run_batch(model, optimizer, criterion, features, target):
    prediction = model(features)
    loss = criterion(prediction, target)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def train(setup, log, steps=None):
    x, y = setup["train"]
    for _i in range(360 if steps is None else steps):
        pick = torch.randint(0, len(x), (48,))
        log(run_batch(setup["model"], setup["optimizer"], setup["loss_fn"], x[pick], y[pick]))


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
