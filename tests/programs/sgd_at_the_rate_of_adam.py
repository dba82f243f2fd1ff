"""Bug: Adam was replaced by plain SGD, and its rate of 0.001 was kept.

Source: https://github.com/testdotai/classifier-builder/pull/6 (at such a rate SGD was very slow, Adam was not;
rebuilt). Why it hurts: Adam's step is about the rate itself; that of SGD is the rate times a gradient of a hundredth.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import digits

FAMILY = "digits-tanh-cnn"
ACCEPT = ("lr-too-low",)
SYMPTOMS = ("slow", "high-flat")

OPTIMIZERS = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}


class ConvNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 8, 5, stride=2), nn.Conv2d(8, 16, 3, stride=2)
        self.fc1, self.fc2 = nn.Linear(400, 48), nn.Linear(48, 10)

    def forward(self, x):
        h = torch.tanh(self.conv2(torch.tanh(self.conv1(x))))
        return self.fc2(torch.tanh(self.fc1(h.flatten(1))))


def build(seed, fixed=False, optimizer="sgd"):
    torch.manual_seed(seed)
    model = ConvNet()
    config = {"lr": 0.1 if fixed else 0.001}
    opt = OPTIMIZERS[optimizer](model.parameters(), **config)
    setup = dict(model=model, optimizer=opt, loss_fn=nn.CrossEntropyLoss(), val=None, fixed=fixed)
    return setup | dict(train=DataLoader(TensorDataset(*digits(2400, seed)), batch_size=32, shuffle=True))


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(4):
        running = 0.0
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            opt.step()
            running += loss.item()
            n += 1
            log(loss.item())
            if n == steps:
                return
        setup["epoch_loss"] = running / len(setup["train"])
