"""Bug: the training pictures are read by one library, as RGB, those of the validation by another one, as BGR.

Source: https://troubles-factory.com/cases/2026-06-18-01-rgb-bgr-normalization-train-inference-mismatch/
Why it hurts: red lamps become blue ones; the training goes well and the validation ever worse.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_c import lamps

FAMILY = "traffic-lamps"
ACCEPT = ("preprocessing-mismatch",)
SYMPTOMS = ("overfitting",)
MEAN, STD = torch.tensor([0.45, 0.44, 0.43])[:, None, None], torch.tensor([0.2, 0.2, 0.2])[:, None, None]


class Lamps(Dataset):
    def __init__(self, n, seed, reader="pil"):
        self.pictures, self.labels = lamps(n, seed)
        if reader == "cv2":
            self.pictures = self.pictures.flip(1)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return (self.pictures[i] - MEAN) / STD, self.labels[i]


@torch.no_grad()
def validate(model, loader, criterion):
    model.eval()
    losses = [criterion(model(x), y).item() for x, y in loader]
    model.train()
    return sum(losses) / len(losses)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 16, 3), nn.ReLU(), nn.AdaptiveMaxPool2d(1),
        nn.Flatten(), nn.Linear(16, 4),
    )  # fmt: skip
    return dict(
        model=net,
        optimizer=torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9, nesterov=True),
        loss_fn=nn.CrossEntropyLoss(),
        train=DataLoader(Lamps(1000, seed), batch_size=40, shuffle=True),
        val=DataLoader(Lamps(300, seed + 60, reader="pil" if fixed else "cv2"), batch_size=100),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    net, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    n, batches = 0, len(setup["train"])
    for _ in range(5):
        for x, y in setup["train"]:
            optimizer.zero_grad()
            loss = criterion(net(x), y)
            loss.backward()
            optimizer.step()
            n += 1
            if n % batches == 0:
                log(loss.item(), val_loss=validate(net, setup["val"], criterion))
            else:
                log(loss.item())
            if n == steps:
                return


def error(setup):
    return validate(setup["model"], setup["val"], setup["loss_fn"])
