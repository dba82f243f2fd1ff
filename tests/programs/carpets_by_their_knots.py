"""Bug: ExponentialLR with a factor of 0.85, meant for each epoch, is stepped after each batch.

Source: https://github.com/ivadomed/ivadomed/pull/55 ("Scheduler was incorrectly stepped in the batch loop instead of in
the epoch loop"); https://github.com/pytorch/tutorials/pull/640 (the same in a tutorial; rebuilt).
Why it hurts: after thirty batches the rate is a hundredth of what it was, and most of the training is still to come.
"""

import torch
from torch import nn, optim
from torch.optim import lr_scheduler
from torch.utils.data import DataLoader, TensorDataset

from programs.data_n import carpets

FAMILY = "carpets-knots"
ACCEPT = ("schedule-decays-too-early",)
SYMPTOMS = ("plateau", "high-flat", "slow")


class CarpetNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 5, padding=2)
        self.conv2 = nn.Conv2d(16, 24, 3, padding=1)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.drop = nn.Dropout(0.1)
        self.fc = nn.Linear(24, 5)

    def forward(self, x):
        x = nn.functional.max_pool2d(torch.relu(self.conv1(x)), 2)
        x = self.pool(torch.relu(self.conv2(x))).flatten(1)
        return self.fc(self.drop(x))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = CarpetNet()
    optimizer = optim.Adam(model.parameters(), lr=0.008)
    loaders = {
        "train": DataLoader(TensorDataset(*carpets(960, seed)), batch_size=24, shuffle=True),
        "val": DataLoader(TensorDataset(*carpets(240, seed + 500)), batch_size=240),
    }
    return dict(
        model=model,
        optimizer=optimizer,
        scheduler=lr_scheduler.ExponentialLR(optimizer, gamma=0.85),
        loss_fn=nn.CrossEntropyLoss(),
        fixed=fixed,
        **loaders,
    )


def train(setup, log, steps=None):
    model, optimizer, scheduler, criterion = (setup[k] for k in ("model", "optimizer", "scheduler", "loss_fn"))
    count = 0
    for _epoch in range(7):
        model.train()
        for inputs, labels in setup["train"]:
            optimizer.zero_grad()
            loss = criterion(model(inputs), labels)
            loss.backward()
            optimizer.step()
            if not setup["fixed"]:
                scheduler.step()
            count += 1
            log(loss.item())
            if count == steps:
                return
        if setup["fixed"]:
            scheduler.step()


@torch.no_grad()
def error(setup):
    setup["model"].eval()
    found = [setup["loss_fn"](setup["model"](x), y).item() for x, y in setup["val"]]
    setup["model"].train()
    return sum(found) / len(found)
