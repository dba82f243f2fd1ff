"""Bug: a .mat file has its pictures as (height, width, colours, number); reshape makes (N, C, H, W) of it, not permute.

Source: https://github.com/IcedDoggie/Micro-Expression-with-Deep-Learning/issues/7 ("I think that "reshape" will mess up
the image data"; rebuilt with arrays as in SVHN).
Why it hurts: each new "picture" is made of single pixels of hundreds of others; nothing in it belongs to its label.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

from programs.data_g import tiles

FAMILY = "tiles-from-mat"
ACCEPT = ("batch-mixing", "labels-misaligned")
SYMPTOMS = ("high-flat", "overfitting", "plateau", "slow")


def loadmat(n, seed):
    """As scipy gives it: X (H, W, C, N), and y (N, 1) from 1 to 5."""
    images, kinds = tiles(n, seed)
    return {"X": images.permute(2, 3, 1, 0).contiguous(), "y": kinds[:, None] + 1}


def to_dataset(mat, turn):
    height, width, colours, n = mat["X"].shape
    images = mat["X"].permute(3, 2, 0, 1) if turn else mat["X"].reshape(n, colours, height, width)
    return TensorDataset(images.contiguous(), mat["y"].squeeze(1) - 1)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 10, kernel_size=5)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=3)
        self.fc1 = nn.Linear(20 * 9, 32)
        self.fc2 = nn.Linear(32, 5)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(F.max_pool2d(self.conv2(x), 2))
        x = F.relu(self.fc1(x.flatten(1)))
        return F.log_softmax(self.fc2(x), dim=1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Net()
    loaders = [DataLoader(to_dataset(loadmat(1280, seed), fixed), batch_size=64, shuffle=True),
               DataLoader(to_dataset(loadmat(256, seed + 500), True), batch_size=128)]  # fmt: skip
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3), loss_fn=nn.NLLLoss(),
                train=loaders[0], val=loaders[1], fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(1, 9):
        model.train()
        for data, target in setup["train"]:
            optimizer.zero_grad()
            loss = setup["loss_fn"](model(data), target)
            loss.backward()
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """The share of wrong answers on pictures that are right."""
    model = setup["model"].eval()
    wrong = sum((model(data).argmax(1) != target).sum().item() for data, target in setup["val"])
    return wrong / len(setup["val"].dataset)
