"""Bug: the two decays of Adam were read from a config that names the one of the squares first.

Source: https://github.com/mila-iqia/blocks/issues/1159 ("the customary default of 0.999 for beta2 [...] once you
flipped it around, my second moment estimates decayed faster than an anxious squirrel on speed"; rebuilt).
Why it hurts: the step is a mean over a thousand old slopes, measured by the squares of the last ten.
"""

import torch
from torch import nn

from programs.data_u import sundials

FAMILY = "sundials-angle"
ACCEPT = ("adam-betas", "momentum-too-high")
SYMPTOMS = ("oscillating", "plateau", "diverging", "spiking", "slow", "high-flat")

CONFIG = {"optimizer": {"lr": 3e-3, "decay": {"variance": 0.999, "mean": 0.9}}, "batch": 32, "epochs": 8}


def conv_block(c_in, c_out):
    return nn.Sequential(nn.Conv2d(c_in, c_out, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))


class SundialNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.body = conv_block(1, 8), conv_block(8, 16)
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(16 * 16, 32), nn.ReLU(), nn.Linear(32, 2))

    def forward(self, image):
        return self.head(self.body(self.stem(image)))


class Chord(nn.Module):
    """The square of the distance between the two ends of the shadow."""

    def forward(self, said, meant):
        return (said - meant).square().sum(1).mean()


def make_optimizer(params, lr, decay, fixed):
    first, second = decay.values()
    if fixed:
        first, second = decay["mean"], decay["variance"]
    return torch.optim.Adam(params, lr=lr, betas=(first, second))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = SundialNet()
    images, shadow = sundials(1440, seed)
    return dict(model=model, optimizer=make_optimizer(model.parameters(), **CONFIG["optimizer"], fixed=fixed),
                loss_fn=Chord(), train=(images, shadow), val=sundials(300, seed + 500),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    images, shadow = setup["train"]
    model, optimizer = setup["model"], setup["optimizer"]
    total = CONFIG["epochs"] * len(images) // CONFIG["batch"]
    order = torch.cat([torch.randperm(len(images)) for _ in range(CONFIG["epochs"])]).view(total, CONFIG["batch"])
    for rows in order[:steps]:
        optimizer.zero_grad()
        loss = setup["loss_fn"](model(images[rows]), shadow[rows])
        loss.backward()
        optimizer.step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    images, shadow = setup["val"]
    return setup["loss_fn"](setup["model"](images), shadow).item()
