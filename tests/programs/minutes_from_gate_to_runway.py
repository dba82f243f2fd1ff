"""Bug: metres, kelvin and hours go into the net as they stand in the table, up to 10 000.

Source: https://openillumi.com/en/en-pytorch-performance-fix-standardization (the net learnt circles, and no longer
when the numbers were large; rebuilt).
Why it hurts: runway, height and sight drown the queue and the hour, and every step shakes the answer by their size.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_s import taxi_out

FAMILY = "airports-taxi"
ACCEPT = ("unscaled-inputs",)
SYMPTOMS = ("plateau", "spiking", "slow", "high-flat", "oscillating")

EPOCHS = 10
BATCH = 32


class TaxiTime(nn.Module):
    def __init__(self, columns, hidden=48):
        super().__init__()
        self.fc1 = nn.Linear(columns, hidden)
        self.fc2 = nn.Linear(hidden, hidden)
        self.fc3 = nn.Linear(hidden, 1)

    def forward(self, x):
        x = torch.relu(self.fc1(x))
        x = torch.relu(self.fc2(x))
        return self.fc3(x).flatten()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = taxi_out(1600, seed)
    x_test, y_test = taxi_out(400, seed + 500)
    if fixed:
        mean, std = x.mean(0), x.std(0)
        x, x_test = (x - mean) / std, (x_test - mean) / std
    model = TaxiTime(x.shape[1])
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3), loss_fn=nn.MSELoss(),
                train=DataLoader(TensorDataset(x, y), batch_size=BATCH, shuffle=True), val=(x_test, y_test),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    step = 0
    for _epoch in range(EPOCHS):
        for inputs, targets in setup["train"]:
            optimizer.zero_grad()
            outputs = model(inputs)
            loss = criterion(outputs, targets)
            loss.backward()
            optimizer.step()
            step += 1
            log(loss.item())
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
