"""Bug: the level of the glass, a whole number from 0 to 255, is divided by 255 with //.

Source: https://github.com/MouseLand/cellpose/issues/1220 ("all-zero labels -> trivial classification, possibly
misleadingly low or zero loss"; rebuilt).
Why it hurts: every level under the brim becomes 0; the net learns to say 0, and its loss looks splendid.
"""

import torch
from torch import nn

from programs.data_m import glasses

FAMILY = "glasses-level"
ACCEPT = ("degenerate-targets",)
SYMPTOMS = ("too-good", "healthy", "plateau")


def scale(level, whole):
    return (level // 255).float() if whole else level / 255


class LevelNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(72, 32)
        self.fc2 = nn.Linear(32, 1)

    def forward(self, x):
        x = self.pool(torch.relu(self.conv1(x)))
        x = self.pool(torch.relu(self.conv2(x)))
        return self.fc2(torch.relu(self.fc1(x.flatten(1)))).squeeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    pictures, level = glasses(1200, seed)
    net = LevelNet()
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=2e-3), loss_fn=nn.MSELoss(),
                train=(pictures, scale(level, whole=not fixed)), val=None, test=glasses(300, seed + 500),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, optimizer = setup["model"], setup["optimizer"]
    pictures, target = setup["train"]
    n_iter = 0
    for _epoch in range(8):
        for index in torch.randperm(len(pictures)).split(40):
            prediction = net(pictures[index])
            loss = setup["loss_fn"](prediction, target[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            log(loss.item())
            n_iter += 1
            if n_iter == steps:
                return


@torch.no_grad()
def error(setup):
    pictures, level = setup["test"]
    return (setup["model"](pictures) - level / 255).abs().mean().item()
