"""Bug: between the filters and the classifier stands a piece of NumPy; the filters get no gradient.

Source: https://github.com/delira-dev/delira/issues/40 ("there is no way to propagate gradients through this
function"; rebuilt).
Why it hurts: the two filters stay as they were drawn and hear the loud hums; the tone to be named is between those.
"""

import numpy as np
import torch
from torch import nn

from programs.data_m import hums

FAMILY = "hums-filterbank"
ACCEPT = ("graph-detached",)
SYMPTOMS = ("high-flat", "slow", "plateau")


class Filters(nn.Module):
    def __init__(self, count=2, taps=17):
        super().__init__()
        self.bank = nn.Conv1d(1, count, taps, bias=False)

    def forward(self, sound):
        return self.bank(sound)


def log_energy(bands):
    """As in the paper: the logarithm of the mean square of each band."""
    power = np.mean(np.square(bands.detach().numpy()), axis=2)
    return torch.from_numpy(np.log(power + 1e-3))


def log_energy_in_torch(bands):
    return torch.log(bands.square().mean(2) + 1e-3)


class Listener(nn.Module):
    def __init__(self, energy):
        super().__init__()
        self.filters = Filters()
        self.energy = energy
        self.head = nn.Sequential(nn.Linear(2, 24), nn.ReLU(), nn.Linear(24, 3))

    def forward(self, sound):
        return self.head(self.energy(self.filters(sound)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = Listener(log_energy_in_torch if fixed else log_energy)
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=1e-2), loss_fn=nn.CrossEntropyLoss(),
                train=hums(1600, seed), val=None, test=hums(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    sound, which = setup["train"]
    for n in range(360):
        rows = torch.randint(0, len(sound), (48,))
        loss = criterion(net(sound[rows]), which[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        log(float(loss.detach()))
        if n + 1 == steps:
            break


@torch.no_grad()
def error(setup):
    sound, which = setup["test"]
    return setup["loss_fn"](setup["model"](sound), which).item()
