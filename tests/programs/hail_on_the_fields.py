"""Bug: mean absolute error for a target that is nothing on two fields of three.

Source: https://mlprep.co/topics/ml-breadth/loss-functions/ ("MAE optimizes the conditional median");
https://blog.dailydoseofds.com/p/how-zero-inflated-datasets-ruin-your (many zeros in the target; rebuilt).
Why it hurts: the median of the damage is 0 nearly everywhere; "no damage" is learned, and all hail is left out.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_m import hail

FAMILY = "hail-fields"
ACCEPT = ("wrong-loss", "class-imbalance")
SYMPTOMS = ("plateau", "high-flat", "slow")


class DamageModel(nn.Module):
    """How many tenths of a harvest the insurer will have to pay for."""

    def __init__(self, columns=6, units=(48, 24)):
        super().__init__()
        hidden, last = [], columns
        for width in units:
            hidden += [nn.Linear(last, width), nn.LeakyReLU(0.1)]
            last = width
        self.layers = nn.Sequential(*hidden, nn.Linear(last, 1))

    def forward(self, x):
        return self.layers(x)[:, 0]

    def training_step(self, batch, criterion):
        x, damage = batch
        return criterion(self(x), damage)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=2e-3)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = DamageModel()
    criterion = nn.MSELoss() if fixed else nn.L1Loss()
    return dict(model=model, optimizer=model.configure_optimizers(), loss_fn=criterion, val=None,
                train=DataLoader(TensorDataset(*hail(1920, seed)), batch_size=48, shuffle=True),
                test=hail(2000, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    global_step = 0
    for _epoch in range(8):
        for batch in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = setup["model"].training_step(batch, setup["loss_fn"])
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            global_step += 1
            if global_step == steps:
                return


@torch.no_grad()
def error(setup):
    """How far the sum to be paid is off, as a share of it."""
    x, damage = setup["test"]
    return ((setup["model"](x).sum() - damage.sum()).abs() / damage.sum()).item()
