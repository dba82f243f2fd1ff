"""Bug: init_weights fills all weights of a residual-free net from a normal distribution of deviation 1.

Source: https://github.com/keras-team/keras/issues/1597 (RandomNormal initialisation: "it just worked when I removed it
and used the default settings"; rebuilt).
Why it hurts: each layer makes its outputs about six times as large; the first losses are in the hundreds.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_i import hearts

FAMILY = "hearts-lightning"
ACCEPT = ("bad-init-scale", "exploding-gradients")
SYMPTOMS = ("slow", "oscillating", "plateau", "spiking", "high-flat", "overfitting", "diverging")


class LitHeart(nn.Module):
    """A module with the methods that a trainer calls."""

    def __init__(self, hidden=64, lr=1e-3, own_init=True):
        super().__init__()
        self.lr = lr
        self.net = nn.Sequential(
            nn.Linear(10, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(),
            nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 2),
        )  # fmt: skip
        if own_init:
            self.apply(self.init_weights)

    @staticmethod
    def init_weights(m):
        if isinstance(m, nn.Linear):
            nn.init.normal_(m.weight, mean=0.0, std=1.0)
            nn.init.zeros_(m.bias)

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        return nn.functional.cross_entropy(self(x), y.long())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.lr)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    lit = LitHeart(own_init=not fixed)
    return dict(model=lit, optimizer=lit.configure_optimizers(), loss_fn=None, val=None, fixed=fixed,
                train=DataLoader(TensorDataset(*hearts(2000, seed)), batch_size=40, shuffle=True),
                test=hearts(800, seed + 500))  # fmt: skip


def train(setup, log, steps=None):
    lit, optimizer, global_step = setup["model"], setup["optimizer"], 0
    for _ in range(6):
        for batch_idx, batch in enumerate(setup["train"]):
            loss = lit.training_step(batch, batch_idx)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            global_step += 1
            log(loss.item())
            if global_step == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["test"]
    return nn.functional.cross_entropy(setup["model"](x), y.long()).item()
