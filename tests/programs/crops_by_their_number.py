"""Bug: which of eight crops to sow is learned as a number from 0 to 7, with MSELoss; the answer is rounded.

Source: https://github.com/sktime/sktime-dl/issues/73 ("the loss function used for this model appears to be MSE");
https://github.com/FluxML/model-zoo/issues/8 ("It should be using cross entropy loss"; rebuilt).
Why it hurts: crop 3 does not lie between crops 2 and 4; where two are possible, the net names one between them.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_j import soils

FAMILY = "soil-crops"
ACCEPT = ("wrong-loss",)
SYMPTOMS = ("plateau", "slow", "healthy")


class CropNet(nn.Module):
    def __init__(self, outputs):
        super().__init__()
        self.a = nn.Linear(7, 32)
        self.b = nn.Linear(32, 32)
        self.c = nn.Linear(32, outputs)

    def forward(self, x):
        return self.c(torch.relu(self.b(torch.relu(self.a(x)))))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = CropNet(8 if fixed else 1)
    criterion = nn.CrossEntropyLoss() if fixed else nn.MSELoss()
    x, y = soils(1500, seed)
    dataset = TensorDataset(x, y if fixed else y.float().unsqueeze(1))
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=2e-3), loss_fn=criterion,
                train=DataLoader(dataset, batch_size=50, shuffle=True), val=None, test=soils(400, seed + 500),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(12):
        running_loss = 0.0
        for soil, crop in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](setup["model"](soil), crop)
            loss.backward()
            setup["optimizer"].step()
            running_loss += loss.item()
            log(loss.item())
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    soil, crop = setup["test"]
    out = setup["model"](soil)
    said = out.argmax(1) if setup["fixed"] else out[:, 0].round().long()
    return (said != crop).float().mean().item()
