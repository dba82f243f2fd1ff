"""Bug: a window of the load reaches one hour too far: its last value is the one that is to be predicted.

Source: https://github.com/lingbai-kong/CausalFormer/issues/8 ("why does the input window and output window overlap");
https://github.com/sktime/pytorch-forecasting/issues/182 ("Is there leakage?"; rebuilt).
Why it hurts: the net hands its last input through; the loss is wonderful, and a real forecast is no better than that.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_g import loads

FAMILY = "load-windows"
ACCEPT = ("target-leak",)
SYMPTOMS = ("too-good", "healthy")


class WindowDataset(Dataset):
    def __init__(self, series, width=24, gap=1):
        self.series, self.width, self.gap = series, width, gap

    def __len__(self):
        return len(self.series) - self.width

    def __getitem__(self, i):
        j = i + self.width
        return self.series[i:j], self.series[j - 1 + self.gap]


class TCN(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        self.first = nn.Conv1d(1, width, 3)
        self.wider = nn.Conv1d(width, width, 3, dilation=2)
        self.widest = nn.Conv1d(width, width, 3, dilation=4)
        self.out = nn.Linear(width, 1)

    def forward(self, x):
        h = x.unsqueeze(1)
        for layer in (self.first, self.wider, self.widest):
            h = torch.relu(layer(nn.functional.pad(h, (2 * layer.dilation[0], 0))))
        return self.out(h[:, :, -1]).squeeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    series = loads(1600, seed)
    gap = 1 if fixed else 0
    train_set, val_set = WindowDataset(series[:1300], gap=gap), WindowDataset(series[1300:], gap=gap)
    model = TCN()
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), loss_fn=nn.MSELoss(),
                train=DataLoader(train_set, batch_size=50, shuffle=True), val=DataLoader(val_set, batch_size=300),
                series=series, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, mse, n = setup["model"], setup["optimizer"], setup["loss_fn"], 0
    for _epoch in range(12):
        for window, value in setup["train"]:
            optimizer.zero_grad()
            loss = mse(model(window), value)
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """A forecast as it will be used: 24 hours that are known, and the hour after these."""
    windows = setup["series"][1300:].unfold(0, 25, 1)
    return setup["loss_fn"](setup["model"](windows[:, :24]), windows[:, 24]).item()
