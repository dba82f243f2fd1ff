"""Bug: the net was made deeper by a loop that puts layer after layer, without a shortcut and without a norm.

Source: https://discuss.pytorch.org/t/please-help-me-understand-not-improving-training-not-test-with-more-layers/163725
(more layers "just seem to hit a wall" in training already; rebuilt). Why it hurts: with torch's default weights each
layer with a ReLU shrinks what differs between pictures to less than a half; after 14 the output is a constant.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import digits

FAMILY = "deep-plain-cnn"
ACCEPT = ("vanishing-gradients", "bad-init-scale")
SYMPTOMS = ("high-flat",)
DEPTH = 14


class DeepNet(nn.Module):
    def __init__(self, channels=6, shortcut=False):
        super().__init__()
        self.stem = nn.Conv2d(1, channels, 4, stride=4)
        self.body = nn.ModuleList([nn.Conv2d(channels, channels, 3, padding=1) for _ in range(DEPTH)])
        self.head = nn.Linear(channels * 49, 10)
        self.shortcut = shortcut

    def forward(self, x):
        x = self.stem(x)
        for conv in self.body:
            out = conv(torch.relu(x))
            x = x + out if self.shortcut else out
        return self.head(x.flatten(1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = DeepNet(shortcut=fixed)
    x, y = digits(960, seed)
    train = DataLoader(TensorDataset((x - 0.1307) / 0.3081, y), batch_size=32, shuffle=True)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=train, val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    n = 0
    for epoch in range(3):
        for data, target in setup["train"]:
            optimizer.zero_grad()
            loss = criterion(model(data), target)
            loss.backward()
            optimizer.step()
            if n % 20 == 0:
                setup["last"] = f"Train Epoch: {epoch} Loss: {loss.item():.6f}"
            n += 1
            log(loss)
            if n == steps:
                return
