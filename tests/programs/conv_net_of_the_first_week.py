"""Bug: a student's CNN is trained with Adam at a rate of a tenth.

Source: https://github.com/keras-team/keras/issues/4066 (Adam at 0.01: "the loss still get stuck at 2.304"; the
default mends it); https://github.com/FluxML/model-zoo/issues/220 ("the learning rate. It should be smaller"; rebuilt).
Why it hurts: the first steps throw the weights so far that the classes cannot be told apart any more.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F

from programs.data_i import sketches

FAMILY = "sketches-student"
ACCEPT = ("lr-too-high", "dead-relu")
SYMPTOMS = ("high-flat", "plateau", "oscillating", "spiking")


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.pool = nn.MaxPool2d(2, 2)
        self.fc1 = nn.Linear(32 * 4 * 4, 64)
        self.fc2 = nn.Linear(64, 32)
        self.fc3 = nn.Linear(32, 5)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = x.view(-1, 32 * 4 * 4)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    images, labels = sketches(1200, seed)
    net = Net()
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=0.001 if fixed else 0.1),
                loss_fn=nn.CrossEntropyLoss(), train=(images, labels), val=None, test=sketches(500, seed + 500),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    images, labels = setup["train"]
    count, batch_size = 0, 40
    for _epoch in range(7):
        permutation = torch.randperm(images.size(0))
        for i in range(0, images.size(0), batch_size):
            indices = permutation[i : i + batch_size]
            optimizer.zero_grad()
            outputs = net(images[indices])
            loss = criterion(outputs, labels[indices])
            loss.backward()
            optimizer.step()
            log(loss.item())
            count += 1
            if count == steps:
                return


@torch.no_grad()
def error(setup):
    images, labels = setup["test"]
    return (setup["model"](images).argmax(1) != labels).float().mean().item()
