"""Bug: the pictures are read folder by folder, that is class by class, and the loader does not shuffle.

Source: https://github.com/Deci-AI/super-gradients/issues/416 (with shuffle=False the net sees one class alone for a
while, which throws it out of the minimum; rebuilt). Why it hurts: each class makes the net forget the one before.
"""

import torch
from torch import nn
from torch.utils.data import ConcatDataset, DataLoader, Subset, TensorDataset

from programs.data_a import digits

FAMILY = "digits-cnn"
ACCEPT = ("data-not-shuffled",)
SYMPTOMS = ("oscillating", "high-flat", "spiking")


def image_folder(n, seed):
    """A data set of ten folders, one for each digit."""
    x, y = digits(n, seed)
    everything = TensorDataset(x, y)
    return ConcatDataset([Subset(everything, (y == digit).nonzero().flatten().tolist()) for digit in range(10)])


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 3, stride=2), nn.ReLU(), nn.Conv2d(8, 16, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(3)
        )
        self.classifier = nn.Linear(144, 10)

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = CNN()
    setup = dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), loss_fn=nn.CrossEntropyLoss())
    setup["train"] = DataLoader(image_folder(2000, seed), batch_size=32, shuffle=fixed)
    setup["val"] = DataLoader(TensorDataset(*digits(500, seed, train=False)), batch_size=100)
    return setup | {"fixed": fixed}


def train(setup, log, steps=None):
    model, opt, criterion, n = setup["model"], setup["optimizer"], setup["loss_fn"], 0
    for _epoch in range(4):
        model.train()
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = criterion(model(x), y)
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    model = setup["model"].eval()
    return sum(float((model(x).argmax(1) != y).float().mean()) for x, y in setup["val"]) / len(setup["val"])
