"""Healthy: OneCycleLR with a high top; in the middle the loss falls slowly or rises a little, at the end it falls.

Source: https://github.com/sgugger/Deep-Learning/issues/4 (the policy; it took the rate up to 0.1 and back);
https://github.com/pytorch/pytorch/pull/21258 (rebuilt).
Why it looks ill: the loss is jumpy while the rate is at its top.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_i import sketches

FAMILY = "sketches-one-cycle"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "plateau", "spiking")


def conv(a, b):
    return nn.Sequential(nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU())


class ResidualNet(nn.Module):
    def __init__(self, width=12):
        super().__init__()
        self.stem, self.one, self.two = conv(1, width), conv(width, width), conv(width, width)
        self.pool, self.head = nn.MaxPool2d(2), nn.Linear(width * 16, 5)

    def forward(self, x):
        x = self.pool(self.stem(x))
        x = self.pool(x + self.two(self.one(x)))
        return self.head(x.flatten(1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = ResidualNet()
    loader = DataLoader(TensorDataset(*sketches(1280, seed)), batch_size=32, shuffle=True, drop_last=True)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4, nesterov=True)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.06, epochs=7, steps_per_epoch=len(loader))
    return dict(model=model, optimizer=optimizer, scheduler=scheduler,
                loss_fn=nn.CrossEntropyLoss(label_smoothing=0.05), train=loader, val=None,
                test=sketches(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, i = setup["model"], 0
    for _epoch in range(7):
        model.train()
        for x, y in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            setup["optimizer"].step()
            setup["scheduler"].step()
            i += 1
            log(loss.item())
            if i == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["test"]
    return (setup["model"].eval()(x).argmax(1) != y).float().mean().item()
