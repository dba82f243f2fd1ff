"""Healthy: the loss falls, and then rises slowly to the end: the pictures are made murkier step by step on purpose.

Source: of our own (a curriculum from easy to hard). Why it is right: the loss is that of harder and harder pictures; on
murky held-out pictures the net becomes better all the time.
"""

import torch
from torch import nn

from programs.data_o import pictures

FAMILY = "divers-cnn"
ACCEPT = ()
SYMPTOMS = ("healthy", "diverging", "plateau")
STEPS, MURKIEST = 400, 0.8


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Conv2d(1, 12, 5), nn.ReLU(), nn.Conv2d(12, 24, 3), nn.ReLU(), nn.AdaptiveMaxPool2d(1),
                        nn.Flatten(), nn.Linear(24, 4))  # fmt: skip
    test, kind = pictures(400, seed + 500, 42)
    test = test + MURKIEST * torch.randn(test.shape, generator=torch.Generator().manual_seed(seed))
    return {
        "model": net,
        "optimizer": torch.optim.Adam(net.parameters(), lr=4e-3),
        "loss_fn": nn.CrossEntropyLoss(),
        "train": pictures(2000, seed, 42),
        "val": (test, kind),
        "fixed": fixed,
    }


def murkiness(step):
    return MURKIEST * min(1.0, max(0.0, (step - 80) / (STEPS - 120)))


def train(setup, log, steps=None):
    x, y = setup["train"]
    for step in range(STEPS):
        ids = torch.randint(len(x), (40,))
        clear = x[ids]
        loss = setup["loss_fn"](setup["model"](clear + murkiness(step) * torch.randn_like(clear)), y[ids])
        setup["optimizer"].zero_grad()
        loss.backward()
        setup["optimizer"].step()
        log(loss.item(), **({"val_loss": error(setup)} if step % 50 == 49 else {}))
        if step + 1 == steps:
            return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
