"""Bug: weights_init draws every weight of the eight layers from a normal of deviation 0.01, as for another net.

Source: https://github.com/kyungyunlee/sampleCNN-pytorch/issues/2 (the question of the init of such a net; rebuilt);
https://github.com/richzhang/colorization-pytorch/issues/3 ("The problem was with the initialization").
Why it hurts: each layer makes the signal smaller, at the end there is none left, nor any gradient at the beginning.
"""

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_p import heartbeats

FAMILY = "ecg-conv"
ACCEPT = ("bad-init-scale", "vanishing-gradients")
SYMPTOMS = ("high-flat", "plateau", "slow")


def weights_init(m):
    if isinstance(m, (nn.Conv1d, nn.Linear)):
        nn.init.normal_(m.weight, 0.0, 0.01)
        nn.init.zeros_(m.bias)


def kaiming_init(m):
    if isinstance(m, (nn.Conv1d, nn.Linear)):
        nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
        nn.init.zeros_(m.bias)


class ECGNet(nn.Module):
    def __init__(self, width=16):
        super().__init__()
        layers, last = [], 1
        for i in range(6):
            layers += [nn.Conv1d(last, width, 5, stride=2 if i % 2 else 1, padding=2), nn.ReLU(inplace=True)]
            last = width
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Linear(width * 8, 32), nn.ReLU(), nn.Linear(32, 4))

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = ECGNet()
    net.apply(kaiming_init if fixed else weights_init)
    loader = DataLoader(TensorDataset(*heartbeats(1600, seed)), batch_size=32, shuffle=True, drop_last=True)
    return dict(model=net, optimizer=torch.optim.SGD(net.parameters(), lr=0.003, momentum=0.9), train=loader,
                loss_fn=nn.CrossEntropyLoss(), val=heartbeats(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    total = 0
    for _epoch in range(6):
        for signal, finding in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](setup["model"](signal), finding)
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            total += 1
            if total == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return nn.functional.cross_entropy(setup["model"](x), y).item()
