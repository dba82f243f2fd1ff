"""Bug: the spectra are read drawer by drawer, one mineral after the other, and are given to the net in that order.

Source: https://github.com/keras-team/keras/issues/6955 ("Every class in order for example. Then you need to shuffle or
your training will be bad"; rebuilt).
Why it hurts: all examples of a batch are of one kind; the net says that kind, whatever it sees, and forgets the others.
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_n import minerals

FAMILY = "minerals-spectra"
ACCEPT = ("data-not-shuffled",)
SYMPTOMS = ("spiking", "oscillating", "high-flat", "plateau")


class Drawers(Dataset):
    """The spectra of one mineral lie together, as in the cupboard."""

    def __init__(self, n, seed):
        spectra, kind = minerals(n, seed)
        self.items = []
        for k in range(5):
            self.items += [(s, torch.tensor(k)) for s in spectra[kind == k]]

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]


class SpectrumNet(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Conv1d(1, 12, 7, stride=2), nn.ReLU(), nn.Conv1d(12, 16, 5, stride=2), nn.ReLU(),
            nn.Flatten(), nn.Linear(192, 32), nn.ReLU(), nn.Linear(32, 5),
        )  # fmt: skip


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = SpectrumNet()
    opt = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
    loader = DataLoader(Drawers(1200, seed), batch_size=30, shuffle=fixed)
    return dict(model=net, optimizer=opt, loss_fn=F.cross_entropy, train=loader, val=None,
                test=minerals(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, opt, n = setup["model"], setup["optimizer"], 0
    for _ in range(8):
        for spectrum, kind in setup["train"]:
            loss = F.cross_entropy(net(spectrum), kind)
            opt.zero_grad()
            loss.backward()
            opt.step()
            log(loss.item())
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    spectrum, kind = setup["test"]
    return F.cross_entropy(setup["model"](spectrum), kind).item()
