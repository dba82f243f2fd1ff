"""Bug: the distance of two pictures is a plain square root; now and then a picture is paired with itself.

Source: https://github.com/adambielski/siamese-triplet/issues/18 ("the derivatives suddenly equaled to nan [...] some of
the distances equal to 0"); https://github.com/keras-team/keras/issues/9097 (rebuilt).
Why it hurts: the slope of the root at 0 is infinite; times 0 it is NaN, though the loss was finite.
"""

import torch
import torch.nn as nn

from programs.data_i import sketches

FAMILY = "sketch-pair"
ACCEPT = ("undefined-operation",)
SYMPTOMS = ("non-finite",)


class SiameseNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.cnn1 = nn.Sequential(nn.Conv2d(1, 8, 3, stride=2, padding=1), nn.ReLU(inplace=True),
                                  nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.ReLU(inplace=True))  # fmt: skip
        self.fc1 = nn.Linear(16 * 4 * 4, 16)

    def forward_once(self, x):
        return self.fc1(self.cnn1(x).view(x.size(0), -1))

    def forward(self, a, b):
        return self.forward_once(a), self.forward_once(b)


class ContrastiveLoss(nn.Module):
    def __init__(self, margin=1.0, eps=0.0):
        super().__init__()
        self.margin, self.eps = margin, eps

    def forward(self, a, b, different):
        distance = torch.sqrt((a - b).pow(2).sum(1) + self.eps)
        near = (1 - different) * distance.pow(2)
        far = different * torch.clamp(self.margin - distance, min=0.0).pow(2)
        return (near + far).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = SiameseNetwork()
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=1e-3),
                loss_fn=ContrastiveLoss(eps=1e-8 if fixed else 0.0), train=sketches(200, seed), val=None,
                generator=torch.Generator().manual_seed(seed), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    (x, y), g = setup["train"], setup["generator"]
    for _ in range(250 if steps is None else steps):
        i, j = torch.randint(len(x), (2, 32), generator=g)
        setup["optimizer"].zero_grad()
        loss = setup["loss_fn"](*setup["model"](x[i], x[j]), (y[i] != y[j]).float())
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())
