"""Bug: the net has self.act = nn.ReLU(), but forward goes from one linear layer to the next without it.

Source: https://github.com/YujiaBao/ls/issues/1 ("Yes, the ReLU activation was missing");
https://github.com/nutonomy/nuscenes-devkit/issues/728 ("a nonlinearity is missing between the linear layers"; rebuilt).
Why it hurts: four linear layers are one plane, and the land is hilly.
"""

import torch
from torch import nn

from programs.data_l import hills

FAMILY = "terrain-coordinates"
ACCEPT = ("missing-nonlinearity", "capacity-too-small")
SYMPTOMS = ("plateau", "high-flat")


class HeightField(nn.Module):
    def __init__(self, width=64, bends=False):
        super().__init__()
        self.fc_in = nn.Linear(2, width)
        self.fc_mid = nn.Linear(width, width)
        self.fc_deep = nn.Linear(width, width)
        self.fc_out = nn.Linear(width, 1)
        self.act = nn.ReLU()
        self.bends = bends

    def forward(self, xy):
        h = self.fc_in(xy)
        h = self.act(h) if self.bends else h
        h = self.fc_mid(h)
        h = self.act(h) if self.bends else h
        h = self.fc_deep(h)
        h = self.act(h) if self.bends else h
        return self.fc_out(h)[..., 0]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    field = HeightField(bends=fixed)
    return dict(model=field, optimizer=torch.optim.Adam(field.parameters(), lr=5e-3), loss_fn=nn.L1Loss(),
                train=hills(4000, seed), val=hills(500, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    xy, z = setup["train"]
    for _ in range(400 if steps is None else steps):
        pick = torch.randint(0, len(xy), (128,))
        setup["optimizer"].zero_grad()
        loss = setup["loss_fn"](setup["model"](xy[pick]), z[pick])
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())


@torch.no_grad()
def error(setup):
    xy, z = setup["val"]
    return setup["loss_fn"](setup["model"](xy), z).item()
