"""Bug: an LSTM reads a digit row by row; between it and the classes stands Dropout(0.9), twice.

Source: https://pytorch.org/docs/stable/generated/torch.nn.Dropout.html (p is the probability to be zeroed; no thread;
0.9 was a usual keep_prob in TensorFlow 1).
Why it hurts: one number of a hundred gets through both layers; the loss falls slowly and ends high.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import digits

FAMILY = "digits-rows-lstm"
ACCEPT = ("dropout-too-high",)
SYMPTOMS = ("plateau", "slow", "high-flat", "oscillating")


class RowLSTM(nn.Module):
    def __init__(self, dropout, hidden=48):
        super().__init__()
        self.lstm = nn.LSTM(14, hidden, batch_first=True)
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(hidden, 48), nn.ReLU(), nn.Dropout(dropout),
                                  nn.Linear(48, 10))  # fmt: skip

    def forward(self, rows):
        _, (h, _) = self.lstm(rows)
        return self.head(h[-1])


def as_rows(x):
    return nn.functional.avg_pool2d(x, 2).squeeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = digits(2000, seed)
    x_test, y_test = digits(400, seed, train=False)
    model = RowLSTM(dropout=0.1 if fixed else 0.9)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), loss_fn=nn.CrossEntropyLoss(),
                train=DataLoader(TensorDataset(as_rows(x), y), 50, shuffle=True), val=None,
                test=(as_rows(x_test), y_test), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, seen = setup["model"], 0
    for _epoch in range(7):
        model.train()
        for rows, digit in setup["train"]:
            loss = setup["loss_fn"](model(rows), digit)
            model.zero_grad(set_to_none=True)
            loss.backward()
            setup["optimizer"].step()
            seen += 1
            log(loss.item())
            if seen == steps:
                return


@torch.no_grad()
def error(setup):
    rows, digit = setup["test"]
    return setup["loss_fn"](setup["model"].eval()(rows), digit).item()
