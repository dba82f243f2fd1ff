"""Healthy: stochastic depth leaves out each residual block with a chance that grows to one half.

Source: https://github.com/Bjarten/early-stopping-pytorch/issues/18 ("Is it normal that the validation set loss is less
than the training set loss here?" - "quite normal, especially [...] with regularization").
Why it looks ill: the training loss is noisy and stays above that of evaluation.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_l import kites

FAMILY = "depth-drop"
ACCEPT = ()
SYMPTOMS = ("healthy", "oscillating", "slow", "plateau")


class Block(nn.Module):
    def __init__(self, width, kept):
        super().__init__()
        self.kept = kept
        self.body = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
                                  nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))  # fmt: skip

    def forward(self, x):
        if not self.training:
            return torch.relu(x + self.kept * self.body(x))
        gate = (torch.rand(len(x), 1, 1, 1) < self.kept).float()
        return torch.relu(x + gate * self.body(x))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    blocks = [Block(12, kept) for kept in (0.9, 0.77, 0.63, 0.5)]
    net = nn.Sequential(nn.Conv2d(1, 12, 3, stride=2, padding=1), nn.ReLU(), *blocks, nn.AdaptiveMaxPool2d(1),
                        nn.Flatten(), nn.Linear(12, 5))  # fmt: skip
    loader = DataLoader(TensorDataset(*kites(960, seed)), batch_size=32, shuffle=True)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-4)
    return dict(model=net, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=loader,
                val=kites(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, n = setup["model"].train(), 0
    for _epoch in range(9):
        for x, y in setup["train"]:
            loss = setup["loss_fn"](net(x), y)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return (setup["model"].eval()(x).argmax(1) != y).float().mean().item()
