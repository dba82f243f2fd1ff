"""Healthy: the plain CNN of a first lesson, on digits: momentum, a rate that is halved each epoch, a test after it.

Source: https://github.com/pytorch/examples/blob/main/mnist/main.py (the official example, of its form).
Why it looks ill: the loss of a batch jumps by a half up and down while the mean falls; nothing is the matter.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import digits

FAMILY = "plain-healthy-cnn"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, 2)
        self.conv2 = nn.Conv2d(8, 16, 3, 2)
        self.dropout = nn.Dropout(0.25)
        self.fc1 = nn.Linear(576, 48)
        self.fc2 = nn.Linear(48, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = torch.flatten(x, 1)
        x = self.dropout(F.relu(self.fc1(x)))
        return F.log_softmax(self.fc2(x), dim=1)


def test(model, test_loader):
    model.eval()
    with torch.no_grad():
        hits = sum((model(data).argmax(1) == target).sum().item() for data, target in test_loader)
    return hits / len(test_loader.dataset)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    scheduler = StepLR(optimizer, step_size=1, gamma=0.5)
    train_x, train_y = digits(4000, seed)
    test_x, test_y = digits(500, seed, train=False)
    train_loader = DataLoader(TensorDataset((train_x - 0.1307) / 0.3081, train_y), batch_size=50, shuffle=True)
    test_loader = DataLoader(TensorDataset((test_x - 0.1307) / 0.3081, test_y), batch_size=250)
    return dict(model=model, optimizer=optimizer, schedule=scheduler, loss_fn=F.nll_loss, train=train_loader,
                val=test_loader, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    batch = 0
    for epoch in range(1, 4):
        model.train()
        for data, target in setup["train"]:
            optimizer.zero_grad()
            output = model(data)
            loss = F.nll_loss(output, target)
            loss.backward()
            optimizer.step()
            batch += 1
            log(loss.item())
            if batch == steps:
                return
        print(f"epoch {epoch}: {test(model, setup['val']):.1%} right")
        setup["schedule"].step()
