"""Healthy: a small residual network tells five kinds of nebulae; SGD with momentum under one cycle of the rate.

Source: of our own. Plain: inputs of deviation 1, shuffled, batch norm, cross-entropy of scores, a held-out set.
Why it is right: there is nothing to mend; the rate rises at first and falls to nothing, step by step, as it should.
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_r import nebulae

FAMILY = "nebulae-cnn"
ACCEPT = ()
SYMPTOMS = ("healthy",)

EPOCHS = 4


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(channels), nn.BatchNorm2d(channels)

    def forward(self, x):
        return F.relu(x + self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))


def resnet(kinds=5, c=8):
    stem = [nn.Conv2d(3, c, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(c), nn.ReLU()]
    return nn.Sequential(*stem, Residual(c), nn.MaxPool2d(2), Residual(c), nn.AvgPool2d(2), nn.Flatten(),
                         nn.Linear(4 * c, kinds))  # fmt: skip


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = resnet()
    train_loader = DataLoader(TensorDataset(*nebulae(1280, seed)), batch_size=40, shuffle=True)
    val_loader = DataLoader(TensorDataset(*nebulae(320, seed + 500)), batch_size=160)
    opt = torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9, weight_decay=5e-4, nesterov=True)
    sched = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=0.03, total_steps=EPOCHS * len(train_loader))
    return {"model": model, "optimizer": opt, "scheduler": sched, "loss_fn": nn.CrossEntropyLoss(),
            "train": train_loader, "val": val_loader, "fixed": fixed}  # fmt: skip


def validation(setup):
    setup["model"].eval()
    with torch.no_grad():
        losses = [setup["loss_fn"](setup["model"](x), y).item() for x, y in setup["val"]]
    setup["model"].train()
    return sum(losses) / len(losses)


def train(setup, log, steps=None):
    setup["model"].train()
    i = 0
    for _epoch in range(EPOCHS):
        for x, y in setup["train"]:
            setup["optimizer"].zero_grad(set_to_none=True)
            loss = setup["loss_fn"](setup["model"](x), y)
            loss.backward()
            setup["optimizer"].step()
            setup["scheduler"].step()
            i += 1
            extra = {"val_loss": validation(setup)} if i % len(setup["train"]) == 0 else {}
            log(loss.item(), **extra)
            if i == steps:
                return


error = validation
