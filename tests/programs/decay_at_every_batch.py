"""Bug: an exponential schedule that was meant for epochs is stepped after each batch.

Source: https://github.com/ivadomed/ivadomed/pull/55 (the scheduler was stepped in the batch loop; rebuilt). Why it
hurts: 0.9 to the power of the batches: after two dozen of them the rate is a tenth, after a hundred it is nothing.
"""

import torch
from torch import nn
from torch.optim.lr_scheduler import ExponentialLR
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import fabrics

FAMILY = "fabrics-lenet"
ACCEPT = ("schedule-decays-too-early", "lr-too-low")
SYMPTOMS = ("plateau", "slow", "high-flat")


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 10, 3), nn.Conv2d(10, 16, 3)
        self.norm1, self.norm2 = nn.BatchNorm2d(10), nn.BatchNorm2d(16)
        self.pool = nn.MaxPool2d(2, 2)
        self.fc1, self.fc2 = nn.Linear(16 * 4, 40), nn.Linear(40, 5)

    def forward(self, x):
        x = self.pool(torch.relu(self.norm1(self.conv1(x))))
        x = self.pool(torch.relu(self.norm2(self.conv2(x))))
        return self.fc2(torch.relu(self.fc1(torch.flatten(x, 1))))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = Net()
    opt = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
    setup = dict(model=net, optimizer=opt, scheduler=ExponentialLR(opt, gamma=0.9), val=None, fixed=fixed)
    data = TensorDataset(*fabrics(1200, seed))
    return setup | dict(loss_fn=nn.CrossEntropyLoss(), train=DataLoader(data, batch_size=20, shuffle=True))


def train(setup, log, steps=None):
    net, opt, scheduler, criterion = setup["model"], setup["optimizer"], setup["scheduler"], setup["loss_fn"]
    i = 0
    for _epoch in range(6):
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = criterion(net(x), y)
            loss.backward()
            opt.step()
            if not setup["fixed"]:
                scheduler.step()
            i += 1
            log(loss)
            if i == steps:
                return
        if setup["fixed"]:
            scheduler.step()
