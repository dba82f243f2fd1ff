"""Bug: the block makes a ReLU and never calls it.

Source: https://github.com/DengPingFan/PraNet/issues/16 (a ReLU created in the block and not used in forward;
rebuilt). Why it hurts: four layers without anything between them are one; the net fits a plane and stops there.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_a import waves

FAMILY = "waves-blocks"
ACCEPT = ("missing-nonlinearity", "capacity-too-small")
SYMPTOMS = ("plateau", "high-flat")


class DenseBlock(nn.Module):
    def __init__(self, n_in, n_out, activate=False):
        super().__init__()
        self.linear, self.norm = nn.Linear(n_in, n_out), nn.BatchNorm1d(n_out)
        self.relu = nn.ReLU()
        self.activate = activate

    def forward(self, x):
        x = self.norm(self.linear(x))
        return self.relu(x) if self.activate else x


def build(seed, fixed=False):
    torch.manual_seed(seed)
    blocks = [DenseBlock(6, 64, fixed), DenseBlock(64, 64, fixed), DenseBlock(64, 32, fixed)]
    model = nn.Sequential(*blocks, nn.Linear(32, 1))
    opt = torch.optim.Adam(model.parameters(), lr=5e-3)
    x, y = waves(2400, seed)
    setup = dict(model=model, optimizer=opt, loss_fn=nn.MSELoss(), fixed=fixed)
    setup["train"] = DataLoader(TensorDataset(x[:2000], y[:2000, None]), batch_size=50, shuffle=True)
    return setup | {"val": DataLoader(TensorDataset(x[2000:], y[2000:, None]), batch_size=200)}


def train(setup, log, steps=None):
    model, opt, mse, n = setup["model"], setup["optimizer"], setup["loss_fn"], 0
    for _epoch in range(7):
        model.train()
        for x, y in setup["train"]:
            opt.zero_grad()
            loss = mse(model(x), y)
            loss.backward()
            opt.step()
            n += 1
            log(loss)
            if n == steps:
                return
        model.eval()
        with torch.no_grad():
            setup["val_loss"] = sum(float(mse(model(x), y)) for x, y in setup["val"]) / len(setup["val"])
