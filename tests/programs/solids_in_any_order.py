"""Healthy: a small PointNet: the same layers for each point, then the largest value over all points.

Source: Qi et al. 2017, https://arxiv.org/abs/1612.00593 (rebuilt, without the nets that turn the points).
Why it looks ill: it does not; the shapes are unusual, and the order of the points means nothing.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_j import solids

FAMILY = "solids-deepsets"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class PointNet(nn.Module):
    def __init__(self, classes=4):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv1d(3, 24, 1), nn.BatchNorm1d(24)
        self.conv2, self.bn2 = nn.Conv1d(24, 48, 1), nn.BatchNorm1d(48)
        self.fc1, self.drop, self.fc2 = nn.Linear(96, 32), nn.Dropout(0.2), nn.Linear(32, classes)

    def forward(self, points):
        x = points.transpose(1, 2)
        x = torch.relu(self.bn1(self.conv1(x)))
        x = torch.relu(self.bn2(self.conv2(x)))
        x = torch.cat([x.amax(2), x.mean(2)], 1)
        return self.fc2(self.drop(torch.relu(self.fc1(x))))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = PointNet()
    optimizer = torch.optim.Adam(net.parameters(), lr=4e-3)
    loader = DataLoader(TensorDataset(*solids(1280, seed)), batch_size=32, shuffle=True)
    return dict(model=net, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(label_smoothing=0.05), train=loader,
                val=solids(300, seed + 500), fixed=fixed,
                scheduler=torch.optim.lr_scheduler.StepLR(optimizer, step_size=4, gamma=0.5))  # fmt: skip


def train(setup, log, steps=None):
    seen = 0
    for _epoch in range(8):
        setup["model"].train()
        for points, solid in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](setup["model"](points), solid)
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            seen += 1
            if seen == steps:
                return
        setup["scheduler"].step()


@torch.no_grad()
def error(setup):
    points, solid = setup["val"]
    return (setup["model"].eval()(points).argmax(1) != solid).float().mean().item()
