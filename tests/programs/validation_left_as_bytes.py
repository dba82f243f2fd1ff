"""Bug: the training pictures are divided by 255 and normalised, those of the validation are only made floats.

Source: https://github.com/JeasunLok/ResNet-pytorch/issues/1 (normalised in training and not in testing; rebuilt). Why
it hurts: training goes well; the validation shows the net numbers two hundred times as large as any it has seen.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_a import fabrics

FAMILY = "fabrics-validation"
ACCEPT = ("preprocessing-mismatch",)
SYMPTOMS = ("overfitting", "healthy")


class Fabrics(Dataset):
    def __init__(self, n, seed, transform):
        pictures, self.kinds = fabrics(n, seed)
        self.pictures = (pictures.clamp(0, 1) * 255).byte()
        self.transform = transform

    def __len__(self):
        return len(self.kinds)

    def __getitem__(self, i):
        return self.transform(self.pictures[i]), self.kinds[i]


def normalize(picture):
    return (picture.float() / 255 - 0.5) / 0.25


def build(seed, fixed=False):
    torch.manual_seed(seed)
    layers = [nn.Conv2d(3, 12, 3, padding=1), nn.BatchNorm2d(12), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(12, 16, 3)]
    model = nn.Sequential(*layers, nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(144, 5))
    opt = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    setup = dict(model=model, optimizer=opt, loss_fn=nn.CrossEntropyLoss(), fixed=fixed)
    setup["train"] = DataLoader(Fabrics(1000, seed, normalize), batch_size=25, shuffle=True)
    setup["val"] = DataLoader(Fabrics(200, seed + 9, normalize if fixed else torch.Tensor.float), batch_size=100)
    return setup


@torch.no_grad()
def validate(setup):
    model = setup["model"]
    model.eval()
    return sum(float(setup["loss_fn"](model(x), y)) for x, y in setup["val"]) / len(setup["val"])


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(5):
        model.train()
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](model(x), y)
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return
        setup["val_loss"] = validate(setup)


def error(setup):
    return validate(setup)
