"""Bug: the running loss is divided by the number of batches between two prints at every batch, not at the print
alone.

Source: https://github.com/udacity/P1_Facial_Keypoints/pull/18 and https://github.com/kazuto1011/svm-pytorch/issues/4
(the total is divided by a number that does not belong to it; rebuilt).
Why it hurts: what is logged climbs from nearly 0 to the true mean and falls back, again and again; the training is
fine.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_b import demand, windows

FAMILY = "demand-tcn"
ACCEPT = ("loss-misreported",)
SYMPTOMS = ("oscillating", "spiking")
PRINT_EVERY = 25


class CausalConv(nn.Module):
    def __init__(self, inputs, outputs, dilation):
        super().__init__()
        self.pad = 2 * dilation
        self.conv = nn.Conv1d(inputs, outputs, 3, dilation=dilation)

    def forward(self, x):
        return torch.relu(self.conv(nn.functional.pad(x, (self.pad, 0))))


class TCN(nn.Module):
    def __init__(self, channels=16):
        super().__init__()
        self.layers = nn.Sequential(
            CausalConv(1, channels, 1), CausalConv(channels, channels, 2), CausalConv(channels, channels, 4)
        )
        self.head = nn.Linear(channels, 1)

    def forward(self, past):
        return self.head(self.layers(past.transpose(1, 2))[:, :, -1])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    past, following = windows(demand(1632, seed), 30)
    model = TCN()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3), loss_fn=nn.MSELoss(), val=None,
                train=DataLoader(TensorDataset(past, following), batch_size=32, shuffle=True), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    running_loss = 0.0
    for _epoch in range(5):
        for past, following in setup["train"]:
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(past), following)
            loss.backward()
            optimizer.step()
            n += 1
            running_loss += loss.item()
            seen = (n - 1) % PRINT_EVERY + 1 if setup["fixed"] else PRINT_EVERY
            setup.setdefault("said", []).append((running_loss / seen, loss.item()))
            log(running_loss / seen)
            if n % PRINT_EVERY == 0:
                running_loss = 0.0
            if n == steps:
                return


def error(setup):
    """How far the numbers said are from the losses that there were, in the mean."""
    gaps = [abs(said - true) for said, true in setup["said"]]
    return sum(gaps) / len(gaps)
