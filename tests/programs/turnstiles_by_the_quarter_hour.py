"""Bug: an LSTM is given the people counted at each gate as they are, hundreds and thousands, beside the hour.

Source: https://github.com/Shubble-LLC/shubble/pull/353 ("Scaled input values. The problem was that latitude, longitude
were on different scales than velocity", in an LSTM; rebuilt with other data).
Why it hurts: the gates of the cell stand at 0 or 1 for every count; it sees little more than that there were people.
"""

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_u import turnstiles

FAMILY = "turnstiles-lstm"
ACCEPT = ("unscaled-inputs", "saturated-activations")
SYMPTOMS = ("plateau", "slow", "high-flat")


class CrowdLSTM(nn.Module):
    def __init__(self, input_size=4, hidden_size=32):
        super().__init__()
        self.lstm = nn.LSTM(input_size, hidden_size, batch_first=True)
        self.fc = nn.Linear(hidden_size, 1)

    def forward(self, x):
        out, _ = self.lstm(x)
        return self.fc(out[:, -1]).squeeze(-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x_train, y_train = turnstiles(1600, seed)
    x_test, y_test = turnstiles(400, seed + 500)
    if fixed:
        mean, std = x_train.mean((0, 1)), x_train.std((0, 1))
        x_train, x_test = (x_train - mean) / std, (x_test - mean) / std
    model = CrowdLSTM()
    return {
        "model": model,
        "optimizer": torch.optim.Adam(model.parameters(), lr=4e-3),
        "loss_fn": nn.MSELoss(),
        "train": DataLoader(TensorDataset(x_train, y_train), batch_size=40, shuffle=True),
        "val": DataLoader(TensorDataset(x_test, y_test), batch_size=200),
        "fixed": fixed,
    }


def error(setup):
    setup["model"].eval()
    with torch.no_grad():
        losses = [setup["loss_fn"](setup["model"](x), y).item() for x, y in setup["val"]]
    return sum(losses) / len(losses)


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    step = 0
    for _epoch in range(10):
        model.train()
        for i, (x, y) in enumerate(setup["train"]):
            optimizer.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            step += 1
            if i + 1 == len(setup["train"]):
                log(loss.item(), val_loss=error(setup))
            else:
                log(loss.item())
            if step == steps:
                return
