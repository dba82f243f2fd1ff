"""Bug: bilinear pooling takes the signed square root of its products, many of which are exactly zero after ReLU.

Source: https://github.com/HaoMood/bilinear-cnn/issues/4 (the 1e-5 "is used for prevent sqrt(0)");
https://github.com/jnhwkim/cbp/issues/1 ("When x is close to zero, the gradient is explosive"; rebuilt).
Why it hurts: the slope of the root at zero is infinite, times the sign of zero: NaN. The first loss is finite.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_l import mosaics

FAMILY = "rug-cnn"
ACCEPT = ("undefined-operation",)
SYMPTOMS = ("non-finite",)


class BilinearCNN(nn.Module):
    def __init__(self, width=16, kinds=6, under=0.0):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 16, 4), nn.ReLU(), nn.Conv2d(16, width, 3), nn.ReLU())
        self.fc = nn.Linear(width * width, kinds)
        self.under = under

    def forward(self, x):
        f = self.features(x).flatten(2)
        product = (f @ f.transpose(1, 2) / f.shape[2]).flatten(1)
        root = product.sign() * torch.sqrt(product.abs() + self.under)
        return self.fc(nn.functional.normalize(root))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = BilinearCNN(under=1e-5 if fixed else 0.0)
    loader = DataLoader(TensorDataset(*mosaics(960, seed)), batch_size=32, shuffle=True)
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=5e-3), loss_fn=nn.CrossEntropyLoss(),
                train=loader, val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(8):
        for rug, workshop in setup["train"]:
            loss = setup["loss_fn"](setup["model"](rug), workshop)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return
