"""Bug: a first CNN is trained by Adam with lr=0.1, a rate that was read in a text about SGD.

Source: https://github.com/keras-team/keras/issues/4066 (stuck at 2.30 with another Adam than the default one).
Why it hurts: Adam moves each weight by about its rate whatever the gradient, ten times the size of a fresh weight here.
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import digits

FAMILY = "digits-beginner-cnn"
ACCEPT = ("lr-too-high",)
SYMPTOMS = ("high-flat", "spiking")


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3)
        self.conv2 = nn.Conv2d(8, 16, 3)
        self.fc1 = nn.Linear(16 * 5 * 5, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        return self.fc2(x)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = Net()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.001 if fixed else 0.1)
    trainloader = DataLoader(TensorDataset(*digits(2400, seed)), batch_size=32, shuffle=True)
    testloader = DataLoader(TensorDataset(*digits(400, seed, train=False)), batch_size=100)
    criterion = nn.CrossEntropyLoss()
    return dict(model=net, optimizer=optimizer, loss_fn=criterion, train=trainloader, val=testloader, fixed=fixed)


def train(setup, log, steps=None):
    net, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    done = 0
    for _ in range(3):
        running_loss = 0.0
        for data in setup["train"]:
            inputs, labels = data
            optimizer.zero_grad()
            outputs = net(inputs)
            loss = criterion(outputs, labels)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()
            log(loss.item())
            done += 1
            if done == steps:
                return
