"""Bug: the model ends in a softmax and the loss, cross-entropy, takes another of it.

Source: https://discuss.pytorch.org/t/cross-entropy-loss-is-not-decreasing/43814/16 ("Check if you pass the softmax into
the CrossEntropy loss. If you do, correct it"; rebuilt).
Why it hurts: five shares between 0 and 1 are all that the loss ever sees; it can never fall below 0.9.
"""

import torch
import torch.nn as nn
import torch.optim as optim
from torch.utils.data import DataLoader, TensorDataset

from programs.data_u import accordions

FAMILY = "accordions-conv"
ACCEPT = ("softmax-before-cross-entropy",)
SYMPTOMS = ("plateau", "slow", "high-flat")

NUM_CLASSES = 5
EPOCHS = 8


class ReedNet(nn.Module):
    def __init__(self, fixed):
        super().__init__()
        self.conv1 = nn.Conv1d(1, 16, kernel_size=7, padding=3)
        self.conv2 = nn.Conv1d(16, 24, kernel_size=7, padding=3)
        self.pool = nn.MaxPool1d(4)
        self.fc1 = nn.Linear(24 * 4, 48)
        self.fc2 = nn.Linear(48, NUM_CLASSES)
        self.act = nn.ReLU()
        self.out = nn.Identity() if fixed else nn.Softmax(dim=1)

    def forward(self, x):
        x = self.pool(self.act(self.conv1(x)))
        x = self.pool(self.act(self.conv2(x)))
        x = x.view(x.size(0), -1)
        x = self.act(self.fc1(x))
        x = self.fc2(x)
        return self.out(x)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = ReedNet(fixed)
    trainset = TensorDataset(*accordions(2000, seed))
    testset = TensorDataset(*accordions(400, seed + 500))
    return {
        "model": net,
        "optimizer": optim.Adam(net.parameters(), lr=2e-3),
        "loss_fn": nn.CrossEntropyLoss(),
        "train": DataLoader(trainset, batch_size=40, shuffle=True),
        "val": None,
        "test": DataLoader(testset, batch_size=100),
        "fixed": fixed,
    }


def train(setup, log, steps=None):
    net, criterion, optimizer = setup["model"], setup["loss_fn"], setup["optimizer"]
    i = 0
    for _epoch in range(EPOCHS):
        net.train()
        for data in setup["train"]:
            tones, tunings = data
            optimizer.zero_grad()
            outputs = net(tones)
            loss = criterion(outputs, tunings)
            loss.backward()
            optimizer.step()
            log(loss.item())
            i += 1
            if i == steps:
                return


def error(setup):
    setup["model"].eval()
    with torch.no_grad():
        return sum(setup["loss_fn"](setup["model"](x), y).item() for x, y in setup["test"]) / len(setup["test"])
