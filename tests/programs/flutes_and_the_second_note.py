"""Bug: the dilated blocks of a temporal net are kept in a tuple, so that parameters() knows only the last layer.

Source: https://github.com/pytorch/pytorch/issues/1053 ("submodules defined in list are not auto-registered as
parameters"); https://github.com/pytorch/pytorch/issues/59925 ("silent programming errors"; rebuilt).
Why it hurts: the blocks keep their first random weights; only the head learns, on what they happen to show.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_l import flutes

FAMILY = "flute-tcn"
ACCEPT = ("unregistered-layers", "parameters-not-optimized")
SYMPTOMS = ("plateau", "slow", "high-flat")


class Block(nn.Module):
    def __init__(self, cin, cout, dilation):
        super().__init__()
        self.conv = nn.Conv1d(cin, cout, 3, padding=dilation, dilation=dilation)
        self.skip = nn.Conv1d(cin, cout, 1) if cin != cout else nn.Identity()

    def forward(self, x):
        return torch.relu(self.conv(x)) + self.skip(x)


class TCN(nn.Module):
    def __init__(self, widths, notes=6, holder=tuple):
        super().__init__()
        pairs = zip((1, *widths[:-1]), widths, strict=True)
        self.blocks = holder([Block(a, b, 2**i) for i, (a, b) in enumerate(pairs)])
        self.head = nn.Linear(2 * widths[-1], notes)

    def forward(self, x):
        for block in self.blocks:
            x = block(x)
        half = x.shape[2] // 2
        return self.head(torch.cat([x[:, :, :half].mean(2), x[:, :, half:].mean(2)], dim=1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    tcn = TCN((16, 16, 24), holder=nn.ModuleList if fixed else tuple)
    loader = DataLoader(TensorDataset(*flutes(1600, seed)), batch_size=40, shuffle=True, drop_last=True)
    return dict(model=tcn, optimizer=torch.optim.Adam(tcn.parameters(), lr=5e-3), loss_fn=nn.CrossEntropyLoss(),
                train=loader, val=None, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    tcn, n = setup["model"], 0
    for _epoch in range(10):
        for wave, second in setup["train"]:
            loss = setup["loss_fn"](tcn(wave), second)
            setup["optimizer"].zero_grad(set_to_none=True)
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return
