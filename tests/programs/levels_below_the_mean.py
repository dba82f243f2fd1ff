"""Bug: a last ReLU, "since a level cannot be negative", but the levels are standardised and half are below 0.

Source: https://github.com/ProteomicsML/ProteomicsML/pull/203 (a ReLU at the final regression layer; rebuilt).
Why it hurts: all that is below the mean is forecast as the mean, and for an output that is 0 there is no gradient.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_e import river

FAMILY = "river-levels"
ACCEPT = ("output-activation-mismatch",)
SYMPTOMS = ("plateau", "slow", "high-flat")


class Hours(Dataset):
    """The last ``past`` hours of rain and level, and the next ``ahead`` levels."""

    def __init__(self, rain, level, past=24, ahead=3):
        self.series, self.past, self.ahead = torch.stack([rain, level], 1), past, ahead

    def __len__(self):
        return len(self.series) - self.past - self.ahead + 1

    def __getitem__(self, i):
        now = i + self.past
        return self.series[i:now], self.series[now : now + self.ahead, 1]


class Forecast(nn.Module):
    def __init__(self, ahead=3, hidden=32, positive=True):
        super().__init__()
        self.gru = nn.GRU(2, hidden, num_layers=1, batch_first=True)
        self.head = nn.Sequential(nn.Linear(hidden, 32), nn.ReLU(), nn.Linear(32, ahead))
        self.last = nn.ReLU() if positive else nn.Identity()

    def forward(self, hours):
        states, _ = self.gru(hours)
        return self.last(self.head(states[:, -1]))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    rain, level = river(1500, seed)
    model = Forecast(positive=not fixed)
    optimizer = torch.optim.NAdam(model.parameters(), lr=3e-3)
    loaders = dict(train=DataLoader(Hours(rain[:1200], level[:1200]), batch_size=32, shuffle=True))
    loaders["val"] = DataLoader(Hours(rain[1200:], level[1200:]), batch_size=64)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.MSELoss(), fixed=fixed) | loaders


def train(setup, log, steps=None):
    model, n = setup["model"], 0
    loader = iter(setup["train"])
    while n < (steps or 250):
        try:
            hours, levels = next(loader)
        except StopIteration:
            loader = iter(setup["train"])
            continue
        setup["optimizer"].zero_grad()
        loss = setup["loss_fn"](model(hours), levels)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        setup["optimizer"].step()
        log(loss.item())
        n += 1


@torch.no_grad()
def error(setup):
    losses = [setup["loss_fn"](setup["model"](hours), levels).item() for hours, levels in setup["val"]]
    return sum(losses) / len(losses)
