"""Bug: the pictures are listed by their number, the masks by their name, so that 10.png comes before 2.png.

Source: https://github.com/minar09/cp-vton-plus/issues/8 and https://github.com/Dana-Farber-AIOS/pathml/issues/56 (two
lists of files in two orders; rebuilt). Why it hurts: nearly every picture gets the mask of another one.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_a import shapes

FAMILY = "shapes-fcn"
ACCEPT = ("labels-misaligned",)
SYMPTOMS = ("high-flat", "plateau")


def store(n, seed):
    """What lies in the two folders: a file for each picture and each mask."""
    x, mask, _ = shapes(n, seed)
    return {f"{i}.png": x[i] for i in range(n)}, {f"{i}.png": mask[i] for i in range(n)}


def number(name):
    return int(name.split(".")[0])


class Folder(Dataset):
    def __init__(self, pictures, masks, fixed):
        self.pictures, self.masks = pictures, masks
        self.picture_names = sorted(pictures, key=number)
        self.mask_names = sorted(masks, key=number if fixed else None)

    def __len__(self):
        return len(self.picture_names)

    def __getitem__(self, i):
        return {"image": self.pictures[self.picture_names[i]], "mask": self.masks[self.mask_names[i]]}


class FCN(nn.Module):
    def __init__(self, classes=3):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv2d(1, 10, 3, padding=1),
            nn.BatchNorm2d(10),
            nn.ELU(),
            nn.Conv2d(10, 14, 5, padding=4, dilation=2),
            nn.ELU(),
            nn.Conv2d(14, classes, 1),
        )

    def forward(self, image):
        return self.net(image)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = FCN()
    opt = torch.optim.SGD(model.parameters(), lr=0.2, momentum=0.9, nesterov=True)
    setup = dict(model=model, optimizer=opt, loss_fn=nn.CrossEntropyLoss(), val=None, fixed=fixed)
    return setup | dict(train=DataLoader(Folder(*store(500, seed), fixed), batch_size=20, shuffle=True))


def train(setup, log, steps=None):
    model, opt, criterion, n = setup["model"], setup["optimizer"], setup["loss_fn"], 0
    for _epoch in range(5):
        for batch in setup["train"]:
            out = model(batch["image"])
            loss = criterion(out, batch["mask"])
            opt.zero_grad()
            loss.backward()
            opt.step()
            n += 1
            log(loss.item())
            if n == steps:
                return
