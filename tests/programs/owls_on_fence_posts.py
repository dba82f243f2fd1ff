"""Healthy: a small convolutional net with BatchNorm for five kinds of owls, SGD with momentum and a cosine.

Source: of our own. Why it is right: normalised pictures, a rate that fits, train and eval mode in their places.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_o import pictures

FAMILY = "fenceowls-photos"
ACCEPT = ()
SYMPTOMS = ("healthy",)


class OwlNet(nn.Module):
    def __init__(self, kinds=5):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 12, 5, bias=False), nn.BatchNorm2d(12), nn.ReLU(),
            nn.Conv2d(12, 16, 3, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
        )  # fmt: skip
        self.classifier = nn.Linear(16, kinds)

    def forward(self, x):
        return self.classifier(self.features(x).amax((2, 3)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = OwlNet()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-4, nesterov=True)
    loader = DataLoader(TensorDataset(*pictures(1200, seed, 32, many=5)), batch_size=40, shuffle=True)
    return dict(model=net, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=loader,
                scheduler=torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=8),
                val=pictures(300, seed + 500, 32, many=5), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    seen = 0
    for _epoch in range(8):
        setup["model"].train()
        for image, kind in setup["train"]:
            loss = setup["loss_fn"](setup["model"](image), kind)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            seen += 1
            log(loss.item())
            if seen == steps:
                return
        setup["scheduler"].step()


@torch.no_grad()
def error(setup):
    setup["model"].eval()
    image, kind = setup["val"]
    return (setup["model"](image).argmax(1) != kind).float().mean().item()
