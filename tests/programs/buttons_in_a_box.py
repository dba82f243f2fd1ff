"""Bug: a weight decay of 0.5 in plain Adam, where it is a penalty on the squared weights and not the decay of AdamW.

Source: https://github.com/BVLC/caffe/issues/1396 ("if the weight_decay is large (like 0.5), all the weight will
eventually becomes zero in my case": any input gives the same output; rebuilt).
Why it hurts: the pull to zero is stronger than what the loss says; the net gives the same answer for every button.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_n import buttons

FAMILY = "buttons-sewn"
ACCEPT = ("weight-decay-too-strong",)
SYMPTOMS = ("high-flat", "plateau")


def conv(i, o):
    return nn.Sequential(nn.Conv2d(i, o, kernel_size=3), nn.LeakyReLU(0.1))


class ButtonNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stage1 = nn.Sequential(conv(1, 12), conv(12, 12), nn.MaxPool2d(2))
        self.stage2 = nn.Sequential(conv(12, 24), nn.Flatten())
        self.top = nn.Sequential(nn.Linear(24 * 9, 48), nn.LeakyReLU(0.1), nn.Linear(48, 4))

    def forward(self, x):
        return self.top(self.stage2(self.stage1(x)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = ButtonNet()
    return {
        "model": net,
        "optimizer": torch.optim.Adam(net.parameters(), lr=1.5e-3, weight_decay=1e-5 if fixed else 0.5),
        "loss_fn": nn.CrossEntropyLoss(),
        "train": DataLoader(TensorDataset(*buttons(1920, seed)), batch_size=32, shuffle=True),
        "val": DataLoader(TensorDataset(*buttons(400, seed + 500)), batch_size=200),
        "fixed": fixed,
    }


def train(setup, log, steps=None):
    net, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    iteration = 0
    for _epoch in range(8):
        for image, holes in setup["train"]:
            logits = net(image)
            loss = criterion(logits, holes)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            iteration += 1
            log(loss.item())
            if iteration == steps:
                return


@torch.no_grad()
def error(setup):
    losses = [setup["loss_fn"](setup["model"](image), holes).item() for image, holes in setup["val"]]
    return sum(losses) / len(losses)
