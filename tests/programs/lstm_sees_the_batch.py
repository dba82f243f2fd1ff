"""Bug: the LSTM is made without batch_first and is given (batch, time, channels).

Source: https://github.com/AndersonJo/dqn-pytorch/issues/1 and https://github.com/pytorch/pytorch/issues/1538
(rebuilt).
Why it hurts: the recurrence runs over the rows of the batch, and what is taken as the last state has seen one instant
only.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_b import waves

FAMILY = "waves-lstm"
ACCEPT = ("batch-mixing", "input-ignored")
SYMPTOMS = ("high-flat", "slow")


class WaveNet(nn.Module):
    def __init__(self, hidden, classes, batch_first):
        super().__init__()
        self.lstm = nn.LSTM(2, hidden, batch_first=batch_first)
        self.norm = nn.LayerNorm(hidden)
        self.fc = nn.Linear(hidden, classes)

    def forward(self, x):
        out, _ = self.lstm(x)
        last = out[:, -1, :]
        return self.fc(self.norm(last))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    x, y = waves(1200, seed)
    model = WaveNet(32, 4, batch_first=fixed)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    train = DataLoader(TensorDataset(x[:1000], y[:1000]), batch_size=40, shuffle=True)
    val = DataLoader(TensorDataset(x[1000:], y[1000:]), batch_size=40)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=train, val=val, fixed=fixed)


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    done = 0
    for _epoch in range(8):
        model.train()
        for signals, labels in setup["train"]:
            optimizer.zero_grad()
            loss = criterion(model(signals), labels)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
            log(loss.item())
            done += 1
            if done == steps:
                return
