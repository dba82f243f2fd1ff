"""Data of programs on loans, adverts, scenes, clips, molecules and tones: synthetic and seeded."""

import math

import torch
from torch import Tensor


def generator(seed: int) -> torch.Generator:
    """A generator of its own for each set of data."""
    return torch.Generator().manual_seed(7000 + seed)


def loans(n: int, seed: int, jobs: int = 12, regions: int = 20) -> tuple[Tensor, Tensor, Tensor]:
    """Numbers (n, 5), standardised; the job and the region (n, 2); whether the loan was paid back."""
    g, fixed = generator(seed), generator(0)
    by_job, by_region = torch.randn(jobs, generator=fixed), torch.randn(regions, generator=fixed)
    weight = torch.randn(5, generator=fixed)
    x = torch.randn(n, 5, generator=g)
    kinds = torch.stack([torch.randint(jobs, (n,), generator=g), torch.randint(regions, (n,), generator=g)], 1)
    score = x @ weight + 1.5 * by_job[kinds[:, 0]] + 1.5 * by_region[kinds[:, 1]] + 1.5 * x[:, 0] * x[:, 1]
    score = 2.0 * (score - score.mean())
    return x, kinds, (torch.rand(n, generator=g) < torch.sigmoid(score)).float()


def adverts(n: int, seed: int, users: int = 300, pages: int = 60) -> tuple[Tensor, Tensor]:
    """User, page and hour (n, 3), and whether the advert was clicked: one time in thirty or so."""
    g, fixed = generator(seed), generator(0)
    keen, good = torch.randn(users, generator=fixed), torch.randn(pages, generator=fixed)
    row = torch.stack([torch.randint(size, (n,), generator=g) for size in (users, pages, 24)], 1)
    chance = -4.3 + 0.9 * keen[row[:, 0]] + 0.9 * good[row[:, 1]] + 0.5 * torch.sin(row[:, 2] / 3.8)
    return row, (torch.rand(n, generator=g) < torch.sigmoid(chance)).float()


def scenes(n: int, seed: int, size: int = 20) -> tuple[Tensor, Tensor]:
    """Grey pictures (n, 1, size, size) with any of four marks (bar, beam, cross, ring) on them; which ones (n, 4)."""
    g = generator(seed)
    there = (torch.rand(n, 4, generator=g) < 0.45).float()
    marks = torch.zeros(4, 7, 7)
    marks[0, 2:5] = marks[1, :, 2:5] = 1.0
    marks[2] = torch.maximum(torch.eye(7), torch.eye(7).flip(1))
    marks[3, 1:6, 1:6] = 1.0
    marks[3, 2:5, 2:5] = 0.0
    x = 0.15 * torch.randn(n, 1, size, size, generator=g)
    places = torch.randint(size - 7, (n, 4, 2), generator=g)
    for picture, kinds, spots in zip(x, there, places, strict=True):
        for kind in kinds.nonzero()[:, 0].tolist():
            row, col = spots[kind].tolist()
            picture[0, row : row + 7, col : col + 7] += marks[kind]
    return x, there


def clips(n: int, seed: int, frames: int = 8, size: int = 14) -> tuple[Tensor, Tensor]:
    """Clips (n, frames, 1, size, size) of a spot that wanders; the class is where to: right, left, down or up."""
    g = generator(seed)
    y = torch.randint(4, (n,), generator=g)
    ways = torch.tensor([[0.0, 1.0], [0.0, -1.0], [1.0, 0.0], [-1.0, 0.0]])[y]
    start = (size - 1) / 2 - 3.5 * ways + 3 * (torch.rand(n, 2, generator=g) - 0.5)
    where = start[:, None] + ways[:, None] * torch.arange(frames)[None, :, None]
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    far = (row - where[..., 0, None, None]) ** 2 + (col - where[..., 1, None, None]) ** 2
    return (torch.exp(-far / 3) + 0.1 * torch.randn(n, frames, size, size, generator=g)).unsqueeze(2), y


def molecules(n: int, seed: int, kinds: int = 6) -> list[tuple[Tensor, Tensor]]:
    """Lists of atoms of unequal length (5 to 14 kinds) and an energy, deviation about 1."""
    g, fixed = generator(seed), generator(0)
    own, pair = torch.randn(kinds, generator=fixed), torch.randn(kinds, kinds, generator=fixed)
    found = []
    for _ in range(n):
        atoms = torch.randint(kinds, (int(torch.randint(5, 15, (1,), generator=g)),), generator=g)
        share = torch.nn.functional.one_hot(atoms, kinds).float().mean(0)
        found.append((atoms, 2.0 * share @ own + 4.0 * share @ pair @ share + 0.05 * torch.randn((), generator=g)))
    return found


def tones(n: int, seed: int, samples: int = 128) -> tuple[Tensor, Tensor, Tensor]:
    """Noisy and clean tones (n, samples), filled with zeros at the end, and a mask of what is sound."""
    g = generator(seed)
    t = torch.arange(samples) / samples
    pitch = 3 + 17 * torch.rand(n, 2, 1, generator=g)
    clean = torch.sin(2 * math.pi * pitch * t + 6.28 * torch.rand(n, 2, 1, generator=g)).mean(1)
    length = torch.randint(samples // 2, samples + 1, (n, 1), generator=g)
    mask = (torch.arange(samples) < length).float()
    return (clean + 0.4 * torch.randn(n, samples, generator=g)) * mask, clean * mask, mask
