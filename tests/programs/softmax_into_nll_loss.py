"""Bug: NLLLoss, which wants log-probabilities, is given the probabilities of a softmax.

Source: https://github.com/AnubhavGupta3377/Text-Classification-Models-Pytorch/issues/9 and
https://github.com/clvrai/ACGAN-PyTorch/pull/4 (only softmax before NLLLoss, the loss is always negative; rebuilt).
Why it hurts: the slope is that of the probability; a row that is badly wrong, with a probability near 0, hardly
counts.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import fabrics

FAMILY = "fabrics-nll"
ACCEPT = ("probabilities-into-nll", "wrong-loss")
SYMPTOMS = ("slow", "plateau", "healthy")


class Net(nn.Module):
    def __init__(self, last):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 12, 3, stride=2), nn.Conv2d(12, 24, 3, stride=2)
        self.fc = nn.Linear(216, 5)
        self.last = last

    def forward(self, x):
        h = torch.relu(self.conv2(torch.relu(self.conv1(x))))
        return self.last(self.fc(h.flatten(1)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Net(nn.LogSoftmax(dim=1) if fixed else nn.Softmax(dim=1))
    opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    setup = dict(model=model, optimizer=opt, loss_fn=nn.NLLLoss(), fixed=fixed)
    setup["train"] = DataLoader(TensorDataset(*fabrics(1200, seed)), batch_size=30, shuffle=True)
    return setup | {"val": DataLoader(TensorDataset(*fabrics(400, seed + 3)), batch_size=200)}


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(6):
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    return sum(float((setup["model"](x).argmax(1) != y).float().mean()) for x, y in setup["val"]) / len(setup["val"])
