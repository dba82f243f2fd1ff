"""Bug: the file of the scans has a line of headings and is read from line 1 on; so are the digits, which have none.

Source: https://github.com/udacity/sdc-issue-reports/issues/1326 (a quiz "doesn't verify training set and labels
match"); https://github.com/keras-team/keras/pull/7520 (labels in another order than the data; rebuilt).
Why it hurts: each scan has the digit of its neighbour; the loss stays near the logarithm of ten.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_k import barcodes

FAMILY = "barcodes-conv"
ACCEPT = ("labels-misaligned",)
SYMPTOMS = ("high-flat", "overfitting", "slow")


class ScanFiles(Dataset):
    """Two files side by side; `skip` lines are left out of each."""

    def __init__(self, count, seed, skip):
        scans, digits = barcodes(count, seed)
        heading = torch.zeros(1, 1, scans.shape[-1])
        self.scans = torch.cat([heading, scans])[skip["scans"] :]
        self.digits = digits[skip["digits"] :]

    def __len__(self):
        return min(len(self.scans), len(self.digits))

    def __getitem__(self, index):
        return self.scans[index], self.digits[index]


def conv(inputs, outputs):
    return nn.Sequential(nn.Conv1d(inputs, outputs, 5, padding=2), nn.BatchNorm1d(outputs), nn.ReLU(), nn.MaxPool1d(2))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(conv(1, 16), conv(16, 32), nn.Flatten(), nn.Linear(320, 10))
    skip = {"scans": 1, "digits": 0 if fixed else 1}
    loader = DataLoader(ScanFiles(1600, seed, skip), 32, shuffle=True, drop_last=True)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=1e-3), loss_fn=nn.CrossEntropyLoss(),
                train=loader, val=barcodes(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, n = setup["model"].train(), 0
    for _ in range(5):
        for scan, digit in setup["train"]:
            loss = setup["loss_fn"](model(scan), digit)
            setup["optimizer"].zero_grad(set_to_none=True)
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss)
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    scans, digits = setup["val"]
    return (setup["model"].eval()(scans).argmax(1) != digits).float().mean().item()
