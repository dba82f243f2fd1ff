"""Bug: the pulses are standardised in __getitem__ with -= and /=, so the data set itself changes at every reading.

Source: https://github.com/facebookresearch/pycls/pull/21 ("causing each call to __getitem__ [...] to modify the loaded
dataset permanently [...] causes the model to fail to train after ~3 epochs"; rebuilt).
Why it hurts: the deviation is below one; from epoch to epoch the pulses grow and move away from those that are new.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_n import pulses

FAMILY = "pulses-cnn"
ACCEPT = ("data-changed-in-place",)
SYMPTOMS = ("diverging", "oscillating", "spiking", "plateau", "high-flat")

MEAN, STD = 0.5, 0.4  # of all pulses, in volts


class PulseDataset(Dataset):
    def __init__(self, n, seed, copy=False):
        waves, self.labels = pulses(n, seed)
        self.volts = waves * STD + MEAN
        self.copy = copy

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        wave = self.volts[index]
        if self.copy:
            wave = wave.clone()
        wave -= MEAN
        wave /= STD
        return wave, self.labels[index]


def block(cin, cout):
    return nn.Sequential(nn.Conv1d(cin, cout, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    cnn = nn.Sequential(block(1, 12), block(12, 16), nn.Flatten(), nn.Linear(192, 24), nn.ReLU(), nn.Linear(24, 3))
    return dict(
        model=cnn,
        optimizer=torch.optim.Adam(cnn.parameters(), lr=1.5e-3),
        loss_fn=nn.CrossEntropyLoss(),
        train=DataLoader(PulseDataset(900, seed, copy=fixed), batch_size=30, shuffle=True),
        val=DataLoader(PulseDataset(400, seed + 500, copy=True), batch_size=100),
        fixed=fixed,
    )


@torch.no_grad()
def error(setup):
    cnn, criterion = setup["model"], setup["loss_fn"]
    return sum(criterion(cnn(wave), label).item() for wave, label in setup["val"]) / len(setup["val"])


def train(setup, log, steps=None):
    cnn, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    done = 0
    for _epoch in range(12):
        for wave, label in setup["train"]:
            loss = criterion(cnn(wave), label)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            done += 1
            log(loss.item(), **({"val_loss": error(setup)} if done % 90 == 0 else {}))
            if done == steps:
                return
