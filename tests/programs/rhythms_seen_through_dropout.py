"""Bug: dropout of 0.85 behind each block of a small net for brain waves, because it had overfitted once.

Source: https://github.com/vlfeat/matconvnet/issues/648 ("the use of a dropout layer (tested with different rates) led
to a non-decreasing loss function, while if that layer was not added the CNN would have a good behavior"; rebuilt).
Why it hurts: of 12 channels about two get through, twice in a row; the net is trained on scraps.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_j import brains

FAMILY = "eeg-net"
ACCEPT = ("dropout-too-high",)
SYMPTOMS = ("high-flat", "slow", "plateau")


class EEGNet(nn.Module):
    def __init__(self, dropout=0.85, channels=12):
        super().__init__()
        first = nn.Conv1d(4, channels, 9, padding=4)
        self.block1 = nn.Sequential(first, nn.ELU(), nn.AvgPool1d(2), nn.Dropout(dropout))
        self.block2 = nn.Sequential(nn.Conv1d(channels, channels, 7, padding=3), nn.ELU(), nn.Dropout(dropout))
        self.pool, self.fc = nn.AdaptiveMaxPool1d(1), nn.Linear(channels, 4)
        self.drop = nn.Dropout(dropout)

    def forward(self, eeg):
        h = self.block2(self.block1(eeg))
        return self.fc(self.drop(self.pool(h).flatten(1)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = EEGNet(dropout=0.1 if fixed else 0.85)
    loader = DataLoader(TensorDataset(*brains(1280, seed)), batch_size=32, shuffle=True, drop_last=True)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), loss_fn=nn.CrossEntropyLoss(),
                train=loader, val=None, test=brains(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    total = 0
    for _epoch in range(8):
        setup["model"].train()
        for eeg, rhythm in setup["train"]:
            total += 1
            loss = setup["loss_fn"](setup["model"](eeg), rhythm)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            if total == steps:
                return


@torch.no_grad()
def error(setup):
    eeg, rhythm = setup["test"]
    return setup["loss_fn"](setup["model"].eval()(eeg), rhythm).item()
