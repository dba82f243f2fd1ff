"""Bug: calls lie in one folder for each whale, and the loader reads the folders in turn, without shuffle=True.

Source: https://github.com/Deci-AI/super-gradients/issues/416 ("Default dataloader params have shuffle=False [...] it
makes NN see only examples of a single class which quickly throws it out of the minima"; rebuilt).
Why it hurts: the net answers with the whale of the last batches, and forgets it in the next folder.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_k import whales

FAMILY = "whale-calls"
ACCEPT = ("data-not-shuffled",)
SYMPTOMS = ("oscillating", "spiking", "overfitting", "slow", "plateau")


class CallFolder(Dataset):
    def __init__(self, count, seed):
        self.sheets, self.kinds = whales(count, seed)

    def __len__(self):
        return len(self.kinds)

    def __getitem__(self, i):
        return {"spectrogram": self.sheets[i], "whale": self.kinds[i]}


class Experiment:
    def __init__(self, seed, fixed):
        torch.manual_seed(seed)
        self.net = nn.Sequential(nn.Conv2d(1, 12, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                                 nn.Conv2d(12, 24, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                                 nn.Flatten(), nn.Linear(24 * 16, 6))  # fmt: skip
        self.optim = torch.optim.SGD(self.net.parameters(), lr=0.01, momentum=0.9)
        params = {"batch_size": 32}
        if fixed:
            params["shuffle"] = True
        self.loaders = {"train": DataLoader(CallFolder(960, seed), **params),
                        "val": DataLoader(CallFolder(300, seed + 500), batch_size=300)}  # fmt: skip
        self.criterion = nn.CrossEntropyLoss()

    def step(self, batch):
        self.optim.zero_grad()
        loss = self.criterion(self.net(batch["spectrogram"]), batch["whale"])
        loss.backward()
        self.optim.step()
        return loss.item()


def build(seed, fixed=False):
    exp = Experiment(seed, fixed)
    return dict(model=exp.net, optimizer=exp.optim, loss_fn=exp.criterion, train=exp.loaders["train"],
                val=exp.loaders["val"], experiment=exp, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    step = 0
    for _epoch in range(8):
        for batch in setup["train"]:
            log(setup["experiment"].step(batch))
            step += 1
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    batch = next(iter(setup["val"]))
    return setup["loss_fn"](setup["model"](batch["spectrogram"]), batch["whale"]).item()
