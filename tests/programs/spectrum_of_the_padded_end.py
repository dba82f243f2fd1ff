"""Bug: a spectral loss takes the root of the power itself; the padded ends of the tones are cut to exact zeros.

Source: https://github.com/pytorch/audio/issues/993 (the root of a power of zero has no finite slope, the gradient is
NaN; rebuilt in own words). Why it hurts: the first batch with a silent frame makes every weight NaN, though its loss is
finite.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_d import tones

FAMILY = "tone-cleaner"
ACCEPT = ("undefined-operation",)
SYMPTOMS = ("non-finite",)


class Cleaner(nn.Module):
    def __init__(self, width=12):
        super().__init__()
        self.net = nn.Sequential(
            nn.Conv1d(1, width, 9, padding=4),
            nn.GELU(),
            nn.Conv1d(width, width, 9, padding=4),
            nn.GELU(),
            nn.Conv1d(width, 1, 9, padding=4),
        )

    def forward(self, noisy, mask):
        return self.net(noisy.unsqueeze(1)).squeeze(1) * mask


class SpectralLoss(nn.Module):
    def __init__(self, size=16, eps=0.0):
        super().__init__()
        self.size, self.eps = size, eps
        self.register_buffer("window", torch.hann_window(size))

    def magnitude(self, signal):
        spectrum = torch.stft(signal, self.size, self.size // 2, window=self.window, center=False, return_complex=True)
        return torch.sqrt(spectrum.real**2 + spectrum.imag**2 + self.eps)

    def forward(self, estimate, clean):
        return (estimate - clean).abs().mean() + 0.2 * (self.magnitude(estimate) - self.magnitude(clean)).abs().mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Cleaner()
    train = DataLoader(TensorDataset(*tones(384, seed)), batch_size=24, shuffle=True)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    loss_fn = SpectralLoss(eps=1e-7 if fixed else 0.0)
    return dict(model=model, optimizer=optimizer, loss_fn=loss_fn, train=train, val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, optimizer, count = setup["model"], setup["optimizer"], 0
    for _ in range(4):
        for noisy, clean, mask in setup["train"]:
            estimate = model(noisy, mask)
            loss = setup["loss_fn"](estimate, clean)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            count += 1
            log(loss.item())
            if count == steps:
                return
