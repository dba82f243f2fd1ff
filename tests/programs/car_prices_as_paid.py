"""Bug: the prices of cars are predicted in dollars, thousands of them, with the usual rate of Adam.

Source: https://github.com/rstudio-conf-2020/dl-keras-tf/issues/9 (house prices "reaches ~ 755000. When the error gets
squared, the sum explodes!"); https://github.com/UC-IIC2613/Syllabus/issues/220 (rebuilt).
Why it hurts: the outputs begin near 0, and each step moves a weight by a thousandth: they need very long.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_i import cars

FAMILY = "cars-dollars"
ACCEPT = ("unscaled-targets", "lr-too-low")
SYMPTOMS = ("high-flat", "slow", "plateau")


class CarDataset(Dataset):
    def __init__(self, table, price, unit):
        self.table = (table - table.mean(0)) / table.std(0)
        self.price = (price - price.mean()) / price.std() if unit == "std" else price

    def __len__(self):
        return len(self.table)

    def __getitem__(self, i):
        return {"features": self.table[i], "target": self.price[i]}


class Regressor:
    """With fit and score, as in other libraries."""

    def __init__(self, lr=1e-3, epochs=8):
        self.net = nn.Sequential(nn.Linear(6, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
        self.opt, self.loss, self.epochs = torch.optim.Adam(self.net.parameters(), lr=lr), nn.MSELoss(), epochs

    def fit(self, loader, tell):
        for _ in range(self.epochs):
            for row in loader:
                guess = self.net(row["features"]).squeeze(1)
                loss = self.loss(guess, row["target"])
                self.opt.zero_grad()
                loss.backward()
                self.opt.step()
                if tell(loss.item()):
                    return self
        return self

    @torch.no_grad()
    def score(self, data):
        """The share of the spread that is left: 0 is perfect, 1 is the mean."""
        left = data.price - self.net(data.table).squeeze(1)
        return (left.square().mean() / data.price.var()).item()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    data = CarDataset(*cars(1500, seed), unit="std" if fixed else "dollar")
    reg = Regressor()
    return dict(model=reg.net, optimizer=reg.opt, loss_fn=reg.loss, train=DataLoader(data, 30, shuffle=True), val=None,
                reg=reg, data=data, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    losses = []

    def tell(loss):
        losses.append(loss)
        log(loss)
        return len(losses) == steps

    setup["reg"].fit(setup["train"], tell)


def error(setup):
    return setup["reg"].score(setup["data"])
