"""Bug: the axes of a watch go into the net as the counts of its 12-bit sensor, 0 to 4095, about 2048.

Source: https://openillumi.com/en/en-pytorch-performance-fix-standardization (inputs far from zero: "loss stagnation";
rebuilt with an activity net).
Why it hurts: the offset drowns the movement; the first steps are far too large, and then hardly anything is learnt.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_g import wrists

FAMILY = "wrist-conv"
ACCEPT = ("unscaled-inputs",)
SYMPTOMS = ("high-flat", "oscillating", "plateau", "slow", "spiking", "diverging")


def conv_block(inp, out):
    return [nn.Conv1d(inp, out, kernel_size=5, stride=2, padding=2), nn.ReLU()]


def make_model():
    layers = conv_block(3, 16) + conv_block(16, 32) + [nn.AdaptiveAvgPool1d(4), nn.Flatten(), nn.Linear(128, 5)]
    return nn.Sequential(*layers)


def load(n, seed, center, scale):
    x, y = wrists(n, seed)
    return TensorDataset((x - center) / scale, y)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    cfg = dict(lr=0.02, momentum=0.9, batch_size=40, epochs=8, center=0.0, scale=1.0)
    if fixed:
        cfg |= dict(center=2048.0, scale=200.0)
    model = make_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=cfg["lr"], momentum=cfg["momentum"])
    train_data = load(1200, seed, cfg["center"], cfg["scale"])
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(label_smoothing=0.0), cfg=cfg,
                train=DataLoader(train_data, batch_size=cfg["batch_size"], shuffle=True, drop_last=True),
                val=load(300, seed + 500, cfg["center"], cfg["scale"]), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, loss_fn, cfg = (setup[key] for key in ("model", "optimizer", "loss_fn", "cfg"))
    step = 0
    for _epoch in range(cfg["epochs"]):
        for signal, activity in setup["train"]:
            scores = model(signal)
            loss = loss_fn(scores, activity)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            step += 1
            log(loss.detach(), lr=cfg["lr"])
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    signal, activity = setup["val"].tensors
    return (setup["model"](signal).argmax(1) != activity).float().mean().item()
