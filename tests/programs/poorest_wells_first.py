"""Bug: the table was exported in the order of what is to be predicted, and the loader does not shuffle.

Source: https://github.com/levithomason/anny/issues/95 ("Especially when using sorted training data, this will result in
much better training results": shuffle; rebuilt).
Why it hurts: each batch holds wells of one yield; the net follows with its bias, up through the epoch and down again.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_g import wells

FAMILY = "wells-sorted"
ACCEPT = ("data-not-shuffled",)
SYMPTOMS = ("oscillating", "slow", "plateau", "spiking", "high-flat", "overfitting")


class WellTable(Dataset):
    def __init__(self, n, seed):
        features, target = wells(n, seed)
        self.rows = [{"x": f, "y": t} for f, t in zip(features, target, strict=True)]

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, i):
        return self.rows[i]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(7, 40), nn.Tanh(), nn.Linear(40, 40), nn.Tanh(), nn.Linear(40, 1), nn.Flatten(0))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    loader = DataLoader(WellTable(960, seed), batch_size=32, shuffle=fixed)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.MSELoss(), train=loader, val=WellTable(300, seed + 500),
                fixed=fixed)  # fmt: skip


def step(model, batch, loss_fn, optimizer):
    loss = loss_fn(model(batch["x"]), batch["y"])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def train(setup, log, steps=None):
    model, optimizer, loss_fn = setup["model"], setup["optimizer"], setup["loss_fn"]
    count = 0
    for _epoch in range(10):
        for batch in setup["train"]:
            log(step(model, batch, loss_fn, optimizer))
            count += 1
            if count == steps:
                return


@torch.no_grad()
def error(setup):
    batch = next(iter(DataLoader(setup["val"], batch_size=300)))
    return setup["loss_fn"](setup["model"](batch["x"]), batch["y"]).item()
