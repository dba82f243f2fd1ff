"""Bug: the network ends in F.softmax, and its output goes into CrossEntropyLoss.

Source: https://github.com/Graylab/DL4Proteins-notebooks/issues/13 ("CrossEntropyLoss already applies log-softmax
internally, so the model should return raw logits"); https://github.com/ariecattan/SciCo/issues/2 (rebuilt).
Why it hurts: of four classes the loss cannot go below 0.74, and its gradients are small where the net is surest.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

from programs.data_t import gills

FAMILY = "gills-cnn"
ACCEPT = ("softmax-before-cross-entropy",)
SYMPTOMS = ("plateau", "slow", "high-flat")


class GillNet(nn.Module):
    def __init__(self, probs=True):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 12, 3, padding=1)
        self.conv2 = nn.Conv2d(12, 24, 3, padding=1)
        self.fc1 = nn.Linear(24 * 4 * 4, 48)
        self.fc2 = nn.Linear(48, 4)
        self.probs = probs

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        logits = self.fc2(x)
        if self.probs:
            return F.softmax(logits, dim=1)
        return logits


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = GillNet(probs=not fixed)
    trainset = TensorDataset(*gills(1600, seed))
    testset = TensorDataset(*gills(400, seed + 500))
    return dict(
        model=net,
        optimizer=torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9),
        loss_fn=nn.CrossEntropyLoss(),
        train=DataLoader(trainset, batch_size=32, shuffle=True),
        val=DataLoader(testset, batch_size=200),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    net, criterion, optimizer = setup["model"], setup["loss_fn"], setup["optimizer"]
    done = 0
    for _epoch in range(8):
        for inputs, labels in setup["train"]:
            optimizer.zero_grad()
            outputs = net(inputs)
            loss = criterion(outputs, labels)
            loss.backward()
            optimizer.step()
            done += 1
            if done % 50 == 0:
                log(loss.item(), val_loss=error(setup))
            else:
                log(loss.item())
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    found = [setup["loss_fn"](setup["model"](inputs), labels).item() for inputs, labels in setup["val"]]
    return sum(found) / len(found)
