"""Bug: the table of melons is sorted by weight, and the loader reads it from the top, epoch after epoch.

Source: https://github.com/lucidrains/byol-pytorch/issues/23 ("DataLoader does not shuffle in the example");
https://github.com/joaoamcarvalho/mpd-public/issues/6 ("It should definitely have shuffle=True"; rebuilt).
Why it hurts: the net follows the weight of the last batches, up and up, and begins too high again each epoch.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_l import melons

FAMILY = "melons-weight"
ACCEPT = ("data-not-shuffled",)
SYMPTOMS = ("oscillating", "spiking", "overfitting", "slow", "plateau")


def get_loaders(seed, batch_size=32, **kwargs):
    train_set, val_set = TensorDataset(*melons(1280, seed)), TensorDataset(*melons(320, seed + 500))
    return DataLoader(train_set, batch_size=batch_size, **kwargs), DataLoader(val_set, batch_size=320)


class MelonNet(nn.Module):
    def __init__(self, hidden=(64, 64)):
        super().__init__()
        sizes = [6, *hidden]
        self.hidden = nn.ModuleList(nn.Linear(a, b) for a, b in zip(sizes, hidden, strict=False))
        self.output = nn.Linear(hidden[-1], 1)

    def forward(self, x):
        for layer in self.hidden:
            x = torch.relu(layer(x))
        return self.output(x).flatten()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    train_loader, val_loader = get_loaders(seed, **({"shuffle": True} if fixed else {}))
    model = MelonNet()
    return dict(model=model, optimizer=torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.8),
                loss_fn=nn.MSELoss(), train=train_loader, val=val_loader, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    step = 0
    for _epoch in range(8):
        for measures, weight in setup["train"]:
            setup["model"].zero_grad()
            loss = setup["loss_fn"](setup["model"](measures), weight)
            loss.backward()
            setup["optimizer"].step()
            step += 1
            log(loss.item())
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    return sum(setup["loss_fn"](setup["model"](x), y).item() for x, y in setup["val"])
