"""Bug: the noise of an augmentation has the deviation 25, as for pixels of 0 to 255, on pictures of 0 to 1.

Source: https://wiki.cloudfactory.com/docs/mp-wiki/augmentations/gaussian-noise (limits up to 255 squared; no thread).
Why it hurts: nothing of the picture is left; the net sees noise with labels, and the loss stays at ln 10.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_a import digits

FAMILY = "noise-augmented-cnn"
ACCEPT = ("augmentation-too-strong",)
SYMPTOMS = ("high-flat",)


class AddGaussianNoise:
    def __init__(self, mean=0.0, std=1.0):
        self.mean, self.std = mean, std

    def __call__(self, tensor):
        return tensor + torch.randn(tensor.size()) * self.std + self.mean


class Digits(Dataset):
    def __init__(self, n, seed, train=True, transform=None):
        self.images, self.labels = digits(n, seed, train)
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        image = self.images[index]
        if self.transform is not None:
            image = self.transform(image)
        return image, self.labels[index]


def conv_block(inputs, outputs):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride=2, padding=1), nn.BatchNorm2d(outputs), nn.ReLU())


def build(seed, fixed=False):
    torch.manual_seed(seed)
    augment = AddGaussianNoise(0.0, 0.1 if fixed else 25.0)
    model = nn.Sequential(conv_block(1, 8), conv_block(8, 16), nn.Flatten(), nn.Linear(16 * 49, 10))
    return dict(
        model=model,
        optimizer=torch.optim.AdamW(model.parameters(), lr=2e-3),
        loss_fn=nn.CrossEntropyLoss(),
        train=DataLoader(Digits(990, seed, transform=augment), batch_size=30, shuffle=True),
        val=DataLoader(Digits(300, seed, train=False), batch_size=300),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    it = 0
    for _ in range(3):
        model.train()
        for images, labels in setup["train"]:
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            optimizer.step()
            it += 1
            log(loss.item())
            if it == steps:
                return
