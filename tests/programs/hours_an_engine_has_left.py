"""Bug: the remaining life of an engine is learnt in hours, 200 to 5000, as it stands in the log book.

Source: https://discuss.pytorch.org/t/neural-network-could-not-learn-on-this-type-of-data-why/96648/5 ("normalize the
target to train the model"; rebuilt with a GRU).
Why it hurts: Adam moves a weight by about its rate, and an output of some thousands is out of reach in so few steps.
"""

import torch
from torch import nn

from programs.data_g import engines

FAMILY = "engines-gru"
ACCEPT = ("unscaled-targets",)
SYMPTOMS = ("high-flat", "slow", "plateau")


class LifeGRU(nn.Module):
    def __init__(self, sensors=6, hidden=32):
        super().__init__()
        self.gru = nn.GRU(sensors, hidden, batch_first=True)
        self.regressor = nn.Sequential(nn.Linear(hidden, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, batch):
        _, last = self.gru(batch["sensors"])
        return {"life": self.regressor(last[-1]).squeeze(-1)}


class Fleet:
    """Dict batches of a fleet, in a new order each time."""

    def __init__(self, n, seed, unit, batch_size=50):
        self.sensors, hours = engines(n, seed)
        self.life, self.batch_size = (hours - unit[0]) / unit[1], batch_size
        self.g = torch.Generator().manual_seed(seed)

    def __iter__(self):
        for rows in torch.randperm(len(self.life), generator=self.g).split(self.batch_size):
            yield {"sensors": self.sensors[rows], "life": self.life[rows]}


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model, unit = LifeGRU(), (2600.0, 1400.0) if fixed else (0.0, 1.0)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3), loss_fn=nn.MSELoss(),
                train=Fleet(1000, seed, unit), val=Fleet(300, seed + 500, unit, 300), unit=unit,
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, opt, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(12):
        for batch in setup["train"]:
            opt.zero_grad()
            loss = setup["loss_fn"](model(batch)["life"], batch["life"])
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1e6)
            opt.step()
            log(loss.item())
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    """In squared hours, divided by a thousand."""
    batch = next(iter(setup["val"]))
    return setup["loss_fn"](setup["model"](batch)["life"], batch["life"]).item() * setup["unit"][1] ** 2 / 1e3
