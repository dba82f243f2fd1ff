"""Bug: the augmentation adds its noise in place, to a slice that is a view of the training set.

Source: https://github.com/facebookresearch/pycls/pull/21 ("performing data augmentation in place [...] causes the model
to fail to train"; rebuilt). Why it hurts: the noise of all epochs stays in the data;
at the end there is little else.
"""

import torch
from torch import nn

from programs.data_o import traces

FAMILY = "hoofs-traces"
ACCEPT = ("data-changed-in-place", "augmentation-too-strong")
SYMPTOMS = ("diverging", "oscillating", "plateau", "slow", "high-flat", "overfitting")


class GaitNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv1d(3, 16, 5, padding=2)
        self.conv2 = nn.Conv1d(16, 16, 5, padding=2)
        self.fc = nn.Linear(16, 4)

    def forward(self, x):
        x = torch.relu(self.conv1(x.transpose(1, 2)))
        return self.fc(torch.relu(self.conv2(x)).mean(-1))


def augment(x, in_place, amount=0.8):
    noise = amount * torch.randn_like(x)
    if in_place:
        x += noise
        return x
    return x + noise


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = GaitNet()
    x, y = traces(1280, seed, 27)
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=4e-3), loss_fn=nn.CrossEntropyLoss(),
                train=list(zip(x.chunk(32), y.chunk(32), strict=True)), val=traces(320, seed + 500, 27),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(16):
        for x, y in setup["train"]:
            loss = setup["loss_fn"](setup["model"](augment(x, in_place=not setup["fixed"])), y)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
