"""Bug: the files are read in the order of sorted(), reed_10 before reed_2; the labels are in the order of numbers.

Source: https://github.com/tflearn/tflearn/issues/496 ("add \"0\" on folder name 0 1 2 3 4 ... => 0 01 02 03 04");
https://github.com/NVIDIA/DIGITS/issues/665 (rebuilt, with single files).
Why it hurts: nearly each spectrum gets the maker of another reed.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_t import reeds

FAMILY = "accordion-reeds"
ACCEPT = ("labels-misaligned", "noisy-labels")
SYMPTOMS = ("high-flat", "plateau", "overfitting")


def number(name):
    return int(name.removesuffix(".npy").split("_")[1])


class ReedDataset(Dataset):
    """One spectrum a file, one line of the table for each."""

    def __init__(self, folder, makers, key=None):
        self.folder = folder
        self.files = sorted(folder, key=key)
        self.makers = makers

    def __len__(self):
        return len(self.files)

    def __getitem__(self, i):
        return self.folder[self.files[i]][None], self.makers[i]


class ReedNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv1d(1, 12, 5, padding=2), nn.BatchNorm1d(12), nn.ReLU(), nn.MaxPool1d(2),
            nn.Conv1d(12, 24, 5, padding=2), nn.BatchNorm1d(24), nn.ReLU(), nn.MaxPool1d(2),
        )  # fmt: skip
        self.classifier = nn.Linear(24 * 12, 5)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net, key = ReedNet(), number if fixed else None
    train_set = ReedDataset(*reeds(1500, seed), key=key)
    return {"model": net, "optimizer": torch.optim.Adam(net.parameters(), lr=1e-3), "loss_fn": nn.CrossEntropyLoss(),
            "train": DataLoader(train_set, batch_size=50, shuffle=True),
            "val": ReedDataset(*reeds(300, seed + 500), key=number), "fixed": fixed}  # fmt: skip


def train(setup, log, steps=None):
    step = 0
    for _epoch in range(8):
        setup["model"].train()
        for spectra, makers in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](setup["model"](spectra), makers)
            loss.backward()
            setup["optimizer"].step()
            step += 1
            log(loss.item())
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    setup["model"].eval()
    spectra, makers = zip(*setup["val"], strict=True)
    return setup["loss_fn"](setup["model"](torch.stack(spectra)), torch.stack(makers)).item()
