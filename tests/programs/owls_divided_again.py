"""Bug: __getitem__ centres and scales the picture with -= and /=, in the very array that the data set keeps.

Source: https://github.com/facebookresearch/pycls/pull/21 ("modifying loaded data permanently [...] causes the model to
fail to train after ~3 epochs"); https://github.com/mindee/doctr/issues/840 (targets changed in place; rebuilt).
Why it hurts: each epoch shifts and stretches every picture once more; what was learnt no longer fits.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_l import kites

FAMILY = "owls-sheets"
ACCEPT = ("data-changed-in-place",)
SYMPTOMS = ("oscillating", "diverging", "spiking", "plateau", "slow", "overfitting")


class OwlSheets(Dataset):
    """Sheets of tone against time, as bytes would be: 0 to 255."""

    mean, std = 76.0, 102.0

    def __init__(self, n, seed, copy):
        x, self.kind = kites(n, seed)
        self.sheets = list((x * 100 + 90).clamp(0, 255))
        self.copy = copy

    def __len__(self):
        return len(self.sheets)

    def __getitem__(self, idx):
        sheet = self.sheets[idx]
        if self.copy:
            sheet = sheet.clone()
        sheet -= self.mean
        sheet /= self.std
        return sheet, self.kind[idx]


class OwlNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.cnn = nn.Sequential(nn.Conv2d(1, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(16, 24, 3), nn.ReLU())
        self.classify = nn.Linear(24 * 9, 5)

    def forward(self, sheet):
        return self.classify(self.cnn(sheet).flatten(1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = OwlNet()
    loader = DataLoader(OwlSheets(960, seed, copy=fixed), batch_size=32, shuffle=True)
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=2e-3), loss_fn=nn.CrossEntropyLoss(),
                train=loader, val=next(iter(DataLoader(OwlSheets(300, seed + 500, copy=True), batch_size=300))),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, step = setup["model"], 0
    for _epoch in range(8):
        for sheet, kind in setup["train"]:
            loss = setup["loss_fn"](net(sheet), kind)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            step += 1
            log(loss.item())
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    sheet, kind = setup["val"]
    return setup["loss_fn"](setup["model"](sheet), kind).item()
