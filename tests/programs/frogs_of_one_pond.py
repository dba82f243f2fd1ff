"""Bug: the recordings are read folder by folder, one frog after the other, and the loader keeps that order.

Source: https://dailydoseofds.beehiiv.com/p/why-is-it-important-to-shuffle-your ("the model receiving a label-ordered
dataset fails to converge"; rebuilt with other data).
Why it hurts: for some thirty steps every batch holds one frog only; the net says its name whatever it hears.
"""

import torch
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset

from programs.data_u import frog_calls

FAMILY = "frogcalls-cnn"
ACCEPT = ("data-not-shuffled",)
SYMPTOMS = ("spiking", "oscillating", "high-flat", "diverging", "plateau")

SPECIES = ["tree frog", "common frog", "agile frog", "green frog", "toad"]


class FrogCalls(Dataset):
    """items: for each species the spectrograms in its folder"""

    def __init__(self, n, seed):
        spectrograms, kind = frog_calls(n, seed)
        self.items = []
        for label in range(len(SPECIES)):
            for spectrogram in spectrograms[kind == label]:
                self.items.append((spectrogram, label))

    def __getitem__(self, index):
        return self.items[index]

    def __len__(self):
        return len(self.items)


def conv(cin, cout):
    return nn.Sequential(nn.Conv2d(cin, cout, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(conv(1, 8), conv(8, 16))
        self.classifier = nn.Sequential(nn.Flatten(), nn.Linear(16 * 4 * 6, 48), nn.ReLU(), nn.Linear(48, len(SPECIES)))

    def forward(self, x):
        return self.classifier(self.features(x))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = Net()
    trainset, testset = FrogCalls(1500, seed), FrogCalls(400, seed + 500)
    trainloader = DataLoader(trainset, batch_size=10, shuffle=fixed)
    return dict(model=net, optimizer=optim.SGD(net.parameters(), lr=0.01, momentum=0.9), loss_fn=nn.CrossEntropyLoss(),
                train=trainloader, val=None, test=DataLoader(testset, batch_size=100), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, count = setup["model"], 0
    for _ in range(4):
        for inputs, labels in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](net(inputs), labels)
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            count += 1
            if count == steps:
                return


@torch.no_grad()
def error(setup):
    wrong = [(setup["model"](x).argmax(1) != y).float().mean() for x, y in setup["test"]]
    return torch.stack(wrong).mean().item()
