"""Bug: the pictures come as os.listdir and sort give them (1, 10, 100, 2, ...), the labels in the order of the table.

Source: https://github.com/chuanyangjin/fast-DiT/issues/4 (listdir order: "mismatch between the feature files and label
files"); https://github.com/NoahVl/Explaining-In-Style-Reproducibility-Study/issues/9 (rebuilt).
Why it hurts: nearly every beetle has another beetle's name; there is nothing to learn but the list by heart.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_l import beetles

FAMILY = "beetles-png"
ACCEPT = ("labels-misaligned", "noisy-labels")
SYMPTOMS = ("high-flat", "plateau", "overfitting", "slow")


class BeetleFolder(Dataset):
    """A folder of beetle_1.png, beetle_2.png, ... and a table with a row for each number."""

    def __init__(self, images, table, by_number):
        files = {f"beetle_{i + 1}.png": image for i, image in enumerate(images)}
        names = sorted(files, key=lambda name: int(name[7:-4])) if by_number else sorted(files)
        self.images = [files[name] for name in names]
        self.labels = table

    def __len__(self):
        return len(self.images)

    def __getitem__(self, idx):
        return self.images[idx], self.labels[idx]


class BeetleNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 12, 3), nn.Conv2d(12, 24, 3)
        self.pool = nn.MaxPool2d(2)
        self.fc1, self.fc2 = nn.Linear(24 * 16, 48), nn.Linear(48, 5)

    def forward(self, x):
        x = torch.relu(self.conv2(torch.relu(self.conv1(x))))
        x = torch.flatten(self.pool(x), 1)
        return self.fc2(torch.relu(self.fc1(x)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = BeetleNet()
    images, table = beetles(1200, seed)
    loader = DataLoader(BeetleFolder(images, table, by_number=fixed), batch_size=40, shuffle=True)
    return dict(model=net, optimizer=torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9),
                loss_fn=nn.CrossEntropyLoss(), train=loader, val=beetles(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, optimizer, criterion, i = setup["model"], setup["optimizer"], setup["loss_fn"], 0
    for _epoch in range(8):  # loop over the dataset multiple times
        for inputs, labels in setup["train"]:
            optimizer.zero_grad()
            outputs = net(inputs)
            loss = criterion(outputs, labels)
            loss.backward()
            optimizer.step()
            i += 1
            log(loss.item())
            if i == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
