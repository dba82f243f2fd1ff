"""Bug: the net of a small table is trained by plain SGD with lr=1e-4, since "a small rate is safe".

Source: https://github.com/tegg89/SRCNN-Tensorflow/issues/24 ("loss drop little [...] Use bigger learning rate"; rebuilt
with a table).
Why it hurts: after all epochs the weights have hardly moved, and the loss has hardly fallen.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

from programs.data_g import mixes

FAMILY = "concrete-mlp"
ACCEPT = ("lr-too-low",)
SYMPTOMS = ("slow", "high-flat", "plateau")

BATCH_SIZE, EPOCHS = 32, 8


class StrengthNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(8, 64)
        self.fc2 = nn.Linear(64, 32)
        self.fc3 = nn.Linear(32, 1)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return self.fc3(x)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = mixes(1600, seed)
    train_set, test_set = random_split(TensorDataset(x, y.view(-1, 1)), [1280, 320])
    net = StrengthNet()
    return dict(
        model=net,
        optimizer=torch.optim.SGD(net.parameters(), lr=5e-2 if fixed else 1e-4),
        loss_fn=nn.MSELoss(),
        train=DataLoader(train_set, batch_size=BATCH_SIZE, shuffle=True),
        val=DataLoader(test_set, batch_size=320),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    net, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    iteration = 0
    for _epoch in range(EPOCHS):
        for inputs, targets in setup["train"]:
            optimizer.zero_grad()
            outputs = net(inputs)
            loss = criterion(outputs, targets)
            loss.backward()
            optimizer.step()
            iteration += 1
            log(loss.item())
            if iteration == steps:
                return


@torch.no_grad()
def error(setup):
    return sum(setup["loss_fn"](setup["model"](x), y).item() for x, y in setup["val"]) / len(setup["val"])
