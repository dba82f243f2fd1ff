"""Bug: the recordings lie in the list species after species, and the loader does not shuffle them.

Source: https://github.com/Deci-AI/super-gradients/issues/416 ("makes NN see only examples of a single class which
quickly throws it out of the minima"; rebuilt).
Why it hurts: for ten steps there are only gibbons, then only cranes: the net says what it has just heard.
"""

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, Dataset

from programs.data_s import zoo_calls

FAMILY = "zoo-calls"
ACCEPT = ("data-not-shuffled",)
SYMPTOMS = ("oscillating", "spiking", "high-flat", "plateau", "diverging")

SPECIES = ["gibbon", "crane", "sea_lion", "lemur", "peacock"]


class ZooRecordings(Dataset):
    """All files of all folders."""

    def __init__(self, per_species, seed):
        self.samples = []
        for label, _folder in enumerate(SPECIES):
            for recording in zoo_calls(per_species, seed, label):
                self.samples.append((recording.unsqueeze(0), label))

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        return self.samples[index]


def make_model():
    return nn.Sequential(
        nn.Conv1d(1, 16, kernel_size=9, padding=4), nn.ReLU(), nn.MaxPool1d(2),
        nn.Conv1d(16, 24, kernel_size=5, padding=2), nn.ReLU(),
        nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(24, len(SPECIES)),
    )  # fmt: skip


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = make_model()
    loader_options = {"batch_size": 32} | ({"shuffle": True} if fixed else {})
    return dict(model=net, optimizer=torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9),
                loss_fn=nn.CrossEntropyLoss(), train=DataLoader(ZooRecordings(320, seed), **loader_options),
                val=DataLoader(ZooRecordings(60, seed + 500), batch_size=100), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, opt, loss_fn, i = setup["model"], setup["optimizer"], setup["loss_fn"], 0
    for _ in range(8):
        for x, y in setup["train"]:
            loss = loss_fn(net(x), y)
            opt.zero_grad()
            loss.backward()
            opt.step()
            log(loss.item())
            i += 1
            if i == steps:
                return


@torch.no_grad()
def error(setup):
    right = sum((setup["model"](x).argmax(1) == y).sum().item() for x, y in setup["val"])
    return 1 - right / len(setup["val"].dataset)
