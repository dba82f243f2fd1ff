"""Bug: __getitem__ takes a row of the stored table and does -= and /= on it, each time that it is asked.

Source: https://github.com/facebookresearch/pycls/pull/21 ("performing data augmentation in place, causing each call to
__getitem__ [...] to modify the loaded dataset permanently"); https://github.com/pytorch/vision/issues/680 (rebuilt).
Why it hurts: with each epoch the curves become three times as small, until all are alike.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_k import orbits

FAMILY = "orbit-steps"
ACCEPT = ("data-changed-in-place",)
SYMPTOMS = ("plateau", "oscillating", "slow", "high-flat", "diverging", "spiking")

MEAN, STD = 12.0, 3.0


class LightCurves(Dataset):
    def __init__(self, count, seed, copy):
        self.curves, self.kinds = orbits(count, seed)
        self.copy = copy

    def __len__(self):
        return len(self.kinds)

    def __getitem__(self, index):
        curve = self.curves[index]
        if self.copy:
            curve = curve.clone()
        curve -= MEAN
        curve /= STD
        return curve, self.kinds[index]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Unflatten(1, (1, 20)), nn.Conv1d(1, 16, 5), nn.ReLU(), nn.Conv1d(16, 32, 5), nn.ReLU(),
                          nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(32, 3))  # fmt: skip
    loader = DataLoader(LightCurves(1000, seed, copy=fixed), batch_size=25, shuffle=True)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), loss_fn=nn.CrossEntropyLoss(),
                train=loader, val=None, test=orbits(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, n = setup["model"], 0
    for _epoch in range(8):
        for curve, kind in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](model(curve), kind)
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    curve, kind = setup["test"]
    return setup["loss_fn"](setup["model"]((curve - MEAN) / STD), kind).item()
