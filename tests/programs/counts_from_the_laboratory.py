"""Bug: the six blood counts go into the network as the laboratory writes them, platelets of 250000 beside 4.7.

Source: https://taourl.com/read-2034078.html ("unnormalized inputs, can also prevent loss reduction"; rebuilt).
Why it hurts: one column is a hundred thousand times larger than the others and decides every sum; steps overshoot.
"""

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_p import blood

FAMILY = "blood-counts"
ACCEPT = ("unscaled-inputs",)
SYMPTOMS = ("high-flat", "oscillating", "plateau", "spiking", "diverging", "slow")


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(6, 64)
        self.fc2 = nn.Linear(64, 64)
        self.fc3 = nn.Linear(64, 3)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return self.fc3(x)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x_train, y_train = blood(2400, seed)
    x_val, y_val = blood(500, seed + 500)
    if fixed:
        mean, std = x_train.mean(0), x_train.std(0)
        x_train, x_val = (x_train - mean) / std, (x_val - mean) / std
    model = Net()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    loader = DataLoader(TensorDataset(x_train, y_train), batch_size=48, shuffle=True)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=loader, val=(x_val, y_val),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    i = 0
    for _epoch in range(8):
        for inputs, labels in setup["train"]:
            optimizer.zero_grad()
            outputs = model(inputs)
            loss = criterion(outputs, labels)
            loss.backward()
            optimizer.step()
            i += 1
            log(loss.item())
            if i == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return (setup["model"](x).argmax(1) != y).float().mean().item()
