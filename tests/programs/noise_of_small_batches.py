"""Healthy: batches of four; the loss of a single batch jumps between 0 and 3 while the net learns well.

Source: https://cs231n.github.io/neural-networks-3/ (the wiggle is related to the batch size; no thread). Nothing to
mend: the noise belongs to the batch, not to the weights.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import digits

FAMILY = "digits-small-batches"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 8, 5, stride=2), nn.Conv2d(8, 16, 3, stride=2)
        self.fc = nn.Linear(400, 10)

    def forward(self, x):
        x = torch.relu(self.conv2(torch.relu(self.conv1(x))))
        return self.fc(x.flatten(1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Net()
    opt = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.5)
    setup = dict(model=model, optimizer=opt, loss_fn=nn.CrossEntropyLoss(), fixed=fixed)
    setup["train"] = DataLoader(TensorDataset(*digits(1600, seed)), batch_size=4, shuffle=True)
    setup["val"] = DataLoader(TensorDataset(*digits(400, seed, train=False)), batch_size=200)
    return setup


def train(setup, log, steps=None):
    model, opt, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    for n, (x, y) in enumerate(setup["train"], start=1):
        opt.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        opt.step()
        log(loss)
        if n == steps:
            return


@torch.no_grad()
def error(setup):
    wrong = [(setup["model"](x).argmax(1) != y).float().mean() for x, y in setup["val"]]
    return float(sum(wrong) / len(wrong))
