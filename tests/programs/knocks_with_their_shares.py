"""Bug: the audio classifier's forward ends in softmax, for "probabilities", and the loss is CrossEntropyLoss.

Source: https://github.com/musikalkemist/pytorchforaudio/pull/10 ("SoftMax is not needed in Pytorch when using
CrossEntropyLoss"; rebuilt).
Why it hurts: the loss takes a softmax of numbers from 0 to 1, cannot fall below 1.04, and its gradients are small.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_g import knocks

FAMILY = "knocks-cnn"
ACCEPT = ("softmax-before-cross-entropy",)
SYMPTOMS = ("high-flat", "slow", "plateau")


class KnockDataset(Dataset):
    def __init__(self, n, seed):
        self.spectrograms, self.labels = knocks(n, seed)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return self.spectrograms[index], self.labels[index]


class CNNNetwork(nn.Module):
    def __init__(self, activation):
        super().__init__()
        self.conv1 = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.conv2 = nn.Sequential(nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
        self.flatten = nn.Flatten()
        self.linear = nn.Linear(16 * 5 * 6, 6)
        self.activation = activation

    def forward(self, input_data):
        x = self.conv2(self.conv1(input_data))
        return self.activation(self.linear(self.flatten(x)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    cnn = CNNNetwork(nn.Identity() if fixed else nn.Softmax(dim=1))
    loss_fn = nn.CrossEntropyLoss()
    optimiser = torch.optim.SGD(cnn.parameters(), lr=0.05)
    return dict(model=cnn, optimizer=optimiser, loss_fn=loss_fn, fixed=fixed,
                train=DataLoader(KnockDataset(1024, seed), batch_size=64, shuffle=True),
                val=KnockDataset(300, seed + 500))  # fmt: skip


def train_single_epoch(model, data_loader, loss_fn, optimiser):
    for input_data, target in data_loader:
        prediction = model(input_data)
        loss = loss_fn(prediction, target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        yield loss.item()


def train(setup, log, steps=None):
    done = 0
    for _epoch in range(10):
        for loss in train_single_epoch(setup["model"], setup["train"], setup["loss_fn"], setup["optimizer"]):
            log(loss)
            done += 1
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    """The loss that was meant, of logits."""
    x, y = setup["val"].spectrograms, setup["val"].labels
    shares = setup["model"](x) if not setup["fixed"] else setup["model"](x).softmax(1)
    return -shares[torch.arange(len(y)), y].clamp(min=1e-9).log().mean().item()
