"""Bug: gradients are accumulated over sixteen small batches, and the loss is not divided by sixteen.

Source: https://github.com/fastai/fastai/issues/3023 ("we do not scale the loss by the number of batches to
accumulate, so we end up with too large gradients"; rebuilt).
Why it hurts: the sum of sixteen means is sixteen times as long a step as the rate was chosen for.
"""

import torch
from torch import nn

from programs.data_b import waves

FAMILY = "waves-accumulated"
ACCEPT = ("sum-reduction", "lr-too-high")
SYMPTOMS = ("spiking", "oscillating", "high-flat", "plateau")
PARTS = 16


class ConvNet(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv1d(2, 16, 7, stride=2), nn.Conv1d(16, 24, 5, stride=2)
        self.fc = nn.Linear(24 * 7, classes)

    def forward(self, x):
        h = torch.relu(self.conv2(torch.relu(self.conv1(x.transpose(1, 2)))))
        return self.fc(h.flatten(1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = waves(3200, seed, classes=4)
    model = ConvNet(4)
    return dict(model=model, optimizer=torch.optim.SGD(model.parameters(), lr=0.04, momentum=0.9),
                loss_fn=nn.CrossEntropyLoss(), train=list(zip(x.split(4), y.split(4), strict=True)), val=None,
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n, mean = setup["model"], setup["optimizer"], 0, 0.0
    for _epoch in range(3):
        optimizer.zero_grad()
        for i, (x, y) in enumerate(setup["train"], start=1):
            loss = setup["loss_fn"](model(x), y)
            mean += loss.item() / PARTS
            if setup["fixed"]:
                loss = loss / PARTS
            loss.backward()
            if i % PARTS == 0:
                optimizer.step()
                optimizer.zero_grad()
                n += 1
                log(mean)
                mean = 0.0
                if n == steps:
                    return
