"""Data of the programs of author O: tulips, sausages, cacti, tidal mud, socks and others; seeded."""

from __future__ import annotations

import torch
from torch import Tensor


def generator(seed: int) -> torch.Generator:
    """A generator of its own for each set of data."""
    return torch.Generator().manual_seed(97000 + seed)


def measured(n: int, seed: int, subject: int, columns: int = 8, noise: float = 0.1) -> tuple[Tensor, Tensor]:
    """Columns (n, columns), standardised, and a curved function of them, about mean 0 and deviation 1, with noise."""
    g, fixed = generator(seed), generator(-1000 - subject)
    a, b = torch.randn(columns, 6, generator=fixed) / columns**0.5, torch.randn(6, generator=fixed)
    x = torch.randn(n, columns, generator=g)
    probe = torch.tanh(1.5 * torch.randn(4000, columns, generator=fixed) @ a) @ b
    y = (torch.tanh(1.5 * x @ a) @ b - probe.mean()) / probe.std()
    return x, y + noise * torch.randn(n, generator=g)


def kinds(n: int, seed: int, subject: int, columns: int = 10, many: int = 4) -> tuple[Tensor, Tensor]:
    """Measurements (n, columns) of things of so many kinds, each kind of two heaps; and which kind it is."""
    g, fixed = generator(seed), generator(-2000 - subject)
    heaps = 1.5 * torch.randn(many, 2, columns, generator=fixed)
    y, which = torch.randint(many, (n,), generator=g), torch.randint(2, (n,), generator=g)
    return heaps[y, which] + 0.8 * torch.randn(n, columns, generator=g), y


def traces(n: int, seed: int, subject: int, length: int = 24, channels: int = 3) -> tuple[Tensor, Tensor]:
    """Traces (n, length, channels) of one of four rhythms under noise, and which one it is."""
    g, fixed = generator(seed), generator(-3000 - subject)
    speed = torch.tensor([0.3, 0.6, 0.95, 1.4])
    gain = 0.6 + torch.rand(channels, generator=fixed)
    y = torch.randint(4, (n,), generator=g)
    t = torch.arange(float(length))
    phase = 6.28 * torch.rand(n, 1, generator=g)
    x = torch.sin(speed[y][:, None] * t + phase)[:, :, None] * gain
    return x + 0.3 * torch.randn(n, length, channels, generator=g), y


def pictures(n: int, seed: int, subject: int, size: int = 12, many: int = 4) -> tuple[Tensor, Tensor]:
    """Pictures (n, 1, size, size): a patch of one of so many patterns anywhere on a noisy ground; and which pattern."""
    g, fixed = generator(seed), generator(-4000 - subject)
    stamps = 2 * torch.randint(2, (many, 5, 5), generator=fixed).float() - 1
    y = torch.randint(many, (n,), generator=g)
    x = 0.3 * torch.randn(n, 1, size, size, generator=g)
    places = torch.randint(size - 4, (n, 2), generator=g).tolist()
    for i, (r, c) in enumerate(places):
        x[i, 0, r : r + 5, c : c + 5] += stamps[y[i]]
    return x, y


def masks(n: int, seed: int, size: int = 14, reach: float = 1.2) -> tuple[Tensor, Tensor]:
    """Pictures (n, 1, size, size) with one bright spot among fainter streaks, and the mask of the spot."""
    g = generator(seed)
    grid = torch.arange(float(size))
    place = 2 + (size - 5) * torch.rand(n, 2, 1, 1, generator=g)
    far = (grid[None, :, None] - place[:, 0]) ** 2 + (grid[None, None, :] - place[:, 1]) ** 2
    mask = (far < reach**2).float()[:, None]
    streak = torch.zeros(n, 1, size, size)
    streak[torch.arange(n), 0, torch.randint(size, (n,), generator=g)] = 0.5
    return mask + streak + 0.6 * torch.randn(n, 1, size, size, generator=g), mask


def words(n: int, seed: int, subject: int, length: int = 14, vocabulary: int = 24) -> Tensor:
    """Rows (n, length) of word ids: each word is mostly followed by one of two others."""
    g, fixed = generator(seed), generator(-5000 - subject)
    after = torch.stack([torch.randperm(vocabulary, generator=fixed) for _ in range(2)], 1)
    rows = torch.randint(vocabulary, (n, length), generator=g)
    for t in range(1, length):
        which = (torch.rand(n, generator=g) < 0.25).long()
        stray = torch.rand(n, generator=g) < 0.05
        rows[:, t] = torch.where(stray, rows[:, t], after[rows[:, t - 1], which])
    return rows


def low_rank(n: int, seed: int, subject: int, columns: int = 20, factors: int = 3, noise: float = 0.1) -> Tensor:
    """Rows (n, columns) which follow, along a curved sheet, from few factors."""
    g, fixed = generator(seed), generator(-6000 - subject)
    a, b = torch.randn(factors, 12, generator=fixed), torch.randn(12, columns, generator=fixed) / 12**0.5
    x = torch.tanh(torch.randn(n, factors, generator=g) @ a) @ b * 1.4
    return x + noise * torch.randn(n, columns, generator=g)
