"""Data of the programs on pictures and tables: the embedded digits, and what is drawn from a seed."""

from __future__ import annotations

import torch
from torch import Tensor

from lossbook.data import mnist_arrays


def digits(n: int, seed: int = 0, train: bool = True) -> tuple[Tensor, Tensor]:
    """Pictures (n, 1, 28, 28) in [0, 1] and classes 0 to 9, in a seeded order."""
    arrays = mnist_arrays()
    x, y = (arrays.train_images, arrays.train_labels) if train else (arrays.test_images, arrays.test_labels)
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(100 + seed))[:n].numpy()
    return torch.from_numpy(x[order]).float().unsqueeze(1) / 255, torch.from_numpy(y[order].astype("int64"))


def fabrics(n: int, seed: int = 0, size: int = 16) -> tuple[Tensor, Tensor]:
    """Colour pictures (n, 3, size, size) of five fabrics: lines two ways, chequers, rings, plain; mostly in [0, 1]."""
    g = torch.Generator().manual_seed(2000 + seed)
    kind = torch.randint(5, (n,), generator=g)
    step = 0.8 + 0.7 * torch.rand(n, 1, 1, generator=g)
    shift = 6.3 * torch.rand(n, 2, 1, 1, generator=g)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    across, down = torch.sin(step * row + shift[:, 0]), torch.sin(step * col + shift[:, 1])
    far = torch.hypot(row - size / 2 + shift[:, 0] - 3, col - size / 2 + shift[:, 1] - 3)
    looks = torch.stack([across, down, torch.sign(across * down), torch.sin(1.2 * step * far), 0 * across], 1)
    look = looks[torch.arange(n), kind].unsqueeze(1)
    tint = 0.1 + 0.2 * torch.rand(n, 3, 1, 1, generator=g)
    return 0.5 + tint * look + 0.15 * torch.randn(n, 3, size, size, generator=g), kind


def shapes(n: int, seed: int = 0, size: int = 24) -> tuple[Tensor, Tensor, Tensor]:
    """One disc (1) or square (2) a picture (n, 1, size, size); the masks of these, and boxes (x, y, w, h) in [0, 1]."""
    g = torch.Generator().manual_seed(3000 + seed)
    kind = torch.randint(1, 3, (n,), generator=g)
    radius = 3 + (size / 6) * torch.rand(n, generator=g)
    centre = radius[:, None] + (size - 2 * radius[:, None]) * torch.rand(n, 2, generator=g)
    row, col = torch.meshgrid(torch.arange(size) + 0.5, torch.arange(size) + 0.5, indexing="ij")
    dx, dy = (col - centre[:, 0, None, None]).abs(), (row - centre[:, 1, None, None]).abs()
    disc, square = torch.hypot(dx, dy) < radius[:, None, None], torch.maximum(dx, dy) < radius[:, None, None]
    inside = torch.where((kind == 1)[:, None, None], disc, square)
    light = 0.35 + 0.4 * torch.rand(n, 1, 1, generator=g)
    x = 0.2 + light * inside + 0.12 * torch.randn(n, size, size, generator=g)
    boxes = torch.cat([centre, 2 * radius[:, None].expand(n, 2)], 1) / size
    return x.unsqueeze(1), inside * kind[:, None, None], boxes


def houses(n: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """A table as it is: area in m2, rooms, year, metres to the station, income of the quarter; prices in euros."""
    g = torch.Generator().manual_seed(4000 + seed)
    area = 35 + 180 * torch.rand(n, generator=g) ** 1.5
    rooms = (area / 28 + torch.randn(n, generator=g)).round().clamp(min=1)
    year = 1900 + 120 * torch.rand(n, generator=g)
    metres = 3000 * torch.rand(n, generator=g) ** 2
    income = 28000 + 45000 * torch.rand(n, generator=g)
    value = area * (900 + income / 20) * (0.75 + 0.35 * torch.exp(-metres / 700)) * (1 + 0.25 * torch.sin(year / 15))
    price = value * torch.exp(0.05 * torch.randn(n, generator=g))
    return torch.stack([area, rooms, year, metres, income], 1), price


def waves(n: int, seed: int = 0, columns: int = 6, noise: float = 0.1) -> tuple[Tensor, Tensor]:
    """Standardised columns, and a target of mean 0 and variance about 1 that bends and multiplies them."""
    g = torch.Generator().manual_seed(5000 + seed)
    x = torch.randn(n, columns, generator=g)
    y = torch.sin(1.5 * x[:, 0]) + 0.6 * x[:, 1] * x[:, 2] + 0.5 * (x[:, 3].abs() - 0.8)
    return x, y + noise * torch.randn(n, generator=g)
