"""Bug: the batches are (batch, time, sensors), the LSTM was made without batch_first.

Source: https://discuss.pytorch.org/t/lstm-change-batch-first-true-loss-does-not-decrease/62364 (the other way round);
https://theneuralbase.com/pytorch/learn/intermediate/input-shape-for-rnns-seq-batch-features/ ("get the order wrong and
PyTorch will fail silently"; rebuilt).
Why it hurts: the LSTM runs from one example to the next and reads of each of them the last moment only.
"""

import torch
from torch import nn, optim

from programs.data_n import gloves

FAMILY = "gloves-signs"
ACCEPT = ("batch-mixing",)
SYMPTOMS = ("plateau", "high-flat", "oscillating", "slow")
SENSORS, HIDDEN, SIGNS = 5, 32, 6


class SignReader(nn.Module):
    def __init__(self, batch_first):
        super().__init__()
        self.lstm = nn.LSTM(SENSORS, HIDDEN, num_layers=1, batch_first=batch_first)
        self.fc = nn.Linear(HIDDEN, SIGNS)

    def forward(self, x):
        out, _state = self.lstm(x)
        return self.fc(out[:, -1, :])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    reader = SignReader(batch_first=True) if fixed else SignReader(batch_first=False)
    x, y = gloves(1600, seed)
    return dict(
        model=reader,
        optimizer=optim.Adam(reader.parameters(), lr=5e-3),
        loss_fn=nn.CrossEntropyLoss(),
        train=(x, y),
        val=gloves(320, seed + 500),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    reader, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    x, y = setup["train"]
    batch_size, it = 32, 0
    for _epoch in range(8):
        perm = torch.randperm(x.size(0))
        for i in range(0, x.size(0), batch_size):
            idx = perm[i : i + batch_size]
            inputs, labels = x[idx], y[idx]
            outputs = reader(inputs)
            loss = criterion(outputs, labels)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(reader.parameters(), 5.0)
            optimizer.step()
            it += 1
            log(loss.item())
            if it == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    losses = [setup["loss_fn"](setup["model"](a), b).item() for a, b in zip(x.split(32), y.split(32), strict=True)]
    return sum(losses) / len(losses)
