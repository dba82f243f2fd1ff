"""Healthy: a plain convolutional net says which way a shell turns and how narrowly; SGD with momentum, one cycle.

Source: of our own. Nothing to mend: the schedule is stepped with each batch and has the length of the run, no flip is
among the augmentations, and the classes are mixed.
"""

import torch
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset

from programs.data_u import snails

FAMILY = "snailshells-cnn"
ACCEPT = ()
SYMPTOMS = ("healthy",)

EPOCHS, BATCH = 7, 32


class Shells(Dataset):
    def __init__(self, n, seed, turn):
        self.x, self.y = snails(n, seed)
        self.turn = turn

    def __len__(self):
        return len(self.y)

    def __getitem__(self, i):
        picture = self.x[i]
        if self.turn:
            picture = torch.rot90(picture, int(torch.randint(4, ())), (1, 2))
        return picture, self.y[i]


def block(a, b):
    return [nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU(inplace=True), nn.MaxPool2d(2)]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    head = [nn.Flatten(), nn.Linear(16 * 25, 48), nn.ReLU(), nn.Linear(48, 4)]
    net = nn.Sequential(*block(1, 8), *block(8, 16), *head)
    loader = DataLoader(Shells(1280, seed, True), batch_size=BATCH, shuffle=True)
    optimizer = optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=5e-4, nesterov=True)
    scheduler = optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.05, total_steps=EPOCHS * len(loader))
    return dict(model=net, optimizer=optimizer, scheduler=scheduler, loss_fn=nn.CrossEntropyLoss(), train=loader,
                val=DataLoader(Shells(400, seed + 500, False), batch_size=200), fixed=fixed)  # fmt: skip


@torch.no_grad()
def error(setup):
    net = setup["model"].eval()
    wrong = [(net(x).argmax(1) != y).float().mean().item() for x, y in setup["val"]]
    net.train()
    return sum(wrong) / len(wrong)


def train(setup, log, steps=None):
    net, done = setup["model"], 0
    for _ in range(EPOCHS):
        net.train()
        for x, y in setup["train"]:
            setup["optimizer"].zero_grad(set_to_none=True)
            loss = setup["loss_fn"](net(x), y)
            loss.backward()
            setup["optimizer"].step()
            setup["scheduler"].step()
            log(loss.item())
            done += 1
            if done == steps:
                return
