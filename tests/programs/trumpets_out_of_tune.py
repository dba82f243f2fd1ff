"""Bug: nn.Dropout(0.95) after both layers, taken for the share that is kept.

Source: https://github.com/hassony2/kinetics_i3d_pytorch/issues/6 ("Dropout: opposite meaning?");
https://github.com/piergiaj/pytorch-i3d/issues/58 (rebuilt). Why it hurts: two or three of 48 units speak in a step.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_o import measured

FAMILY = "trumpets-cents"
ACCEPT = ("dropout-too-high",)
SYMPTOMS = ("plateau", "slow", "high-flat")


class Tuner(nn.Module):
    def __init__(self, p, width=48):
        super().__init__()
        self.l1, self.l2, self.l3 = nn.Linear(8, width), nn.Linear(width, width), nn.Linear(width, 1)
        self.drop = nn.Dropout(p)

    def forward(self, x):
        x = self.drop(torch.relu(self.l1(x)))
        x = self.drop(torch.relu(self.l2(x)))
        return self.l3(x)[:, 0]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Tuner(p=0.05 if fixed else 0.95)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=3e-3), loss_fn=nn.MSELoss(),
                train=DataLoader(TensorDataset(*measured(1600, seed, 11)), batch_size=32, shuffle=True),
                val=measured(400, seed + 500, 11), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    seen = 0
    for _epoch in range(9):
        setup["model"].train()
        for x, cents in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](setup["model"](x), cents)
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            seen += 1
            if seen == steps:
                return


@torch.no_grad()
def error(setup):
    setup["model"].eval()
    x, cents = setup["val"]
    return setup["loss_fn"](setup["model"](x), cents).item()
