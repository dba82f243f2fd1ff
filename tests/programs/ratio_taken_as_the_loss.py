"""Bug: a speech cleaner minimises the scale-invariant ratio of signal and noise, which is to be as large as possible.

Source: https://github.com/yluo42/TAC/issues/7 ("It's correct to add a minus sign as you have to maximize SI-SDR";
rebuilt).
Why it hurts: the loss falls without end, and what comes out has less and less to do with the voice.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_g import voices

FAMILY = "voices-masker"
ACCEPT = ("loss-sign-flipped",)
SYMPTOMS = ("diverging", "healthy", "too-good", "oscillating", "spiking", "slow", "plateau", "high-flat")


def si_snr(estimate, clean, eps=1e-8):
    """In decibels, one a signal."""
    estimate = estimate - estimate.mean(-1, keepdim=True)
    clean = clean - clean.mean(-1, keepdim=True)
    share = (estimate * clean).sum(-1, keepdim=True) / (clean.square().sum(-1, keepdim=True) + eps)
    target = share * clean
    rest = estimate - target
    return 10 * torch.log10((target.square().sum(-1) + eps) / (rest.square().sum(-1) + eps))


class Masker(nn.Module):
    """An encoder, a mask on its channels, and a decoder."""

    def __init__(self, channels=24):
        super().__init__()
        self.encoder = nn.Conv1d(1, channels, 8, stride=4, padding=2)
        self.mask = nn.Sequential(
            nn.Conv1d(channels, channels, 5, padding=2), nn.PReLU(), nn.Conv1d(channels, channels, 5, padding=2)
        )
        self.decoder = nn.ConvTranspose1d(channels, 1, 8, stride=4, padding=2)

    def forward(self, mixture):
        code = self.encoder(mixture)
        return self.decoder(code * torch.sigmoid(self.mask(code)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = Masker()
    sign = -1.0 if fixed else 1.0
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=2e-3),
                loss_fn=lambda estimate, clean: sign * si_snr(estimate, clean).mean(),
                train=DataLoader(TensorDataset(*voices(960, seed)), batch_size=32, shuffle=True),
                val=voices(200, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, optimizer, n = setup["model"], setup["optimizer"], 0
    for _epoch in range(7):
        for mixture, clean in setup["train"]:
            loss = setup["loss_fn"](net(mixture), clean)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimizer.step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    mixture, clean = setup["val"]
    return -si_snr(setup["model"](mixture), clean).mean().item()
