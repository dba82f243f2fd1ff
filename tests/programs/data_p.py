"""Data of the programs of author P: blood, swimmers, late trains, avalanches, fog, rowers and others; seeded."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def generator(seed: int) -> torch.Generator:
    """A generator of its own for each set of data."""
    return torch.Generator().manual_seed(127000 + seed)


def blood(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Six counts of a blood sample as the laboratory writes them, and which of three findings it is."""
    g = generator(seed)
    z = torch.randn(n, 6, generator=g)
    score = torch.stack(
        [
            1.5 * z[:, 0] - z[:, 1] + torch.relu(z[:, 4]),
            1.5 * torch.sin(1.5 * z[:, 2]) + z[:, 3],
            1.2 * z[:, 5] - 0.8 * z[:, 0] * z[:, 1],
        ],
        1,
    )
    y = (score + 0.2 * torch.randn(n, 3, generator=g)).argmax(1)
    middle = torch.tensor([250000.0, 7200.0, 4.7, 140.0, 41.0, 90.0])
    spread = torch.tensor([60000.0, 1900.0, 0.5, 13.0, 4.0, 6.0])
    return middle + spread * z, y


def swimmers(n: int, seed: int, length: int = 40) -> tuple[Tensor, Tensor]:
    """Three accelerations at the wrist (n, 3, length), deviation about 1, and which of four strokes is swum."""
    g = generator(seed)
    y = torch.randint(4, (n,), generator=g)
    t = torch.arange(float(length))
    pace = (0.4 + 0.08 * torch.rand(n, 1, generator=g)) * torch.tensor([1.0, 1.0, 1.45, 1.45])[y][:, None]
    phase = 2 * math.pi * torch.rand(n, 1, generator=g)
    shift = torch.tensor([0.0, 1.57, 0.0, 1.57])[y][:, None]
    x = torch.stack(
        [
            torch.sin(pace * t + phase),
            torch.sin(pace * t + phase + shift),
            torch.cos(2 * pace * t + 2 * phase),
        ],
        1,
    )
    return 1.3 * x + 0.6 * torch.randn(n, 3, length, generator=g), y


def late_trains(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Departure in minutes of the day, five columns about the run, standardised, and how late it comes, in minutes."""
    g = generator(seed)
    depart = 300 + 1000 * torch.rand(n, generator=g)
    x = torch.randn(n, 5, generator=g)
    rush = torch.exp(-(((depart - 480) / 90) ** 2)) + torch.exp(-(((depart - 1050) / 110) ** 2))
    late = 5 + 3 * rush * (1 + 0.5 * x[:, 0]) + 2.2 * torch.relu(x[:, 1]) + 1.2 * x[:, 2] - 0.8 * x[:, 3] * x[:, 4]
    return depart, x, late + 0.5 * torch.randn(n, generator=g)


def avalanches(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Seven columns of the evening before, standardised; hours a road was closed afterwards; 1 if a slope went."""
    g = generator(seed)
    x = torch.randn(n, 7, generator=g)
    score = 1.3 * x[:, 0] + 1.1 * torch.relu(x[:, 1]) * torch.sigmoid(3 * x[:, 2]) - 0.9 * x[:, 3] + 0.5 * x[:, 4] ** 2
    y = (score - 0.9 + 0.9 * torch.randn(n, generator=g) > 0).float()
    closed = y * (4 + 2 * torch.rand(n, generator=g)) + 0.4 * torch.rand(n, generator=g)
    return x, closed, y


def fog(n: int, seed: int, length: int = 18) -> tuple[Tensor, Tensor]:
    """Warmth, dew point, wind of eighteen hours (n, length, 3), and the sight in the next, all standardised."""
    g = generator(seed)
    steps = torch.randn(n, length, 3, generator=g)
    x = torch.zeros(n, length, 3)
    state = torch.randn(n, 3, generator=g)
    for t in range(length):
        state = 0.85 * state + 0.53 * steps[:, t]
        x[:, t] = state
    weight = torch.exp(torch.linspace(-3, 0, length))
    wet = ((x[:, :, 0] - x[:, :, 1]) * weight).sum(1) / weight.sum()
    y = 1.4 * torch.tanh(1.2 * wet) + 0.6 * x[:, -1, 2]
    return x, (y + 0.1 * torch.randn(n, generator=g)) / 1.05


def rowers(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Eight measures of a crew, standardised, and how much faster it is than the mean boat, deviation about 1."""
    g = generator(seed)
    x = torch.randn(n, 8, generator=g)
    y = x[:, 0] + torch.sin(2 * x[:, 1]) + 0.6 * x[:, 2] * x[:, 3] - 0.5 * torch.tanh(2 * x[:, 5])
    return x, y / 1.45 + 0.1 * torch.randn(n, generator=g)


def stations(seed: int, n: int = 400) -> tuple[Tensor, Tensor, Tensor]:
    """Features of the stations of a railway (n, 12), the links, normalised (n, n), and which of four lines."""
    g = generator(seed)
    y = torch.randint(4, (n,), generator=g)
    same = y[:, None] == y[None]
    link = (torch.rand(n, n, generator=g) < torch.where(same, 0.05, 0.004)).float().triu(1)
    link = link + link.T + torch.eye(n)
    middle = torch.randn(4, 12, generator=generator(0))
    degree = link.sum(1)
    x = 0.55 * middle[y] + 1.2 * torch.randn(n, 12, generator=g)
    return x, link / (degree[:, None] * degree[None]).sqrt(), y


def heartbeats(n: int, seed: int, length: int = 64) -> tuple[Tensor, Tensor]:
    """One lead of a heart (n, 1, length), deviation about 1; 0 sound, 1 early beat, 2 wide beat, 3 no first wave."""
    g = generator(seed)
    y = torch.randint(4, (n,), generator=g)
    t = torch.arange(float(length))
    at = 28 + 6 * torch.rand(n, 1, generator=g)
    first = torch.where(y == 3, 0.0, 0.5)[:, None] * torch.exp(-((t - at + 12) ** 2) / 10)
    wide = torch.where(y == 2, 22.0, 4.0)[:, None]
    main = 2 * torch.exp(-((t - at) ** 2) / wide)
    early = torch.where(y == 1, 1.5, 0.0)[:, None] * torch.exp(-((t - at - 17) ** 2) / 4)
    last = 0.6 * torch.exp(-((t - at - 24) ** 2) / 30)
    x = first + main + early + last - 0.3 + 0.15 * torch.randn(n, length, generator=g)
    return (x / 0.55)[:, None], y


def lightning(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Six columns about a day over a square of land, standardised, and how many strokes of lightning were counted."""
    g = generator(seed)
    x = torch.randn(n, 6, generator=g)
    rate = torch.exp(0.8 + 0.7 * x[:, 0] + 0.6 * torch.tanh(2 * x[:, 1] * x[:, 2]) - 0.4 * torch.relu(x[:, 3]))
    return x, torch.poisson(rate.clamp(max=60), generator=g)


def finnish(n: int, seed: int, length: int = 14) -> tuple[Tensor, Tensor]:
    """Word ids 0 to 49 of sentences (n, length), and the case of each of them (0 to 5), from it and from its verb."""
    g, fixed = generator(seed), generator(0)
    kind = torch.randint(3, (50,), generator=fixed)
    table = torch.tensor([[0, 1, 2], [3, 1, 4], [5, 0, 4]])
    x = torch.randint(50, (n, length), generator=g)
    before = torch.cat([torch.zeros(n, 1, dtype=torch.long), kind[x[:, :-1]]], 1)
    return x, table[before, kind[x]]


def runners(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Seven columns about a runner, standardised, and the seconds a kilometre against the mean, deviation about 1."""
    g = generator(seed)
    x = torch.randn(n, 7, generator=g)
    y = (
        0.9 * x[:, 0]
        - 0.7 * torch.relu(x[:, 1])
        + 0.5 * torch.sin(2 * x[:, 2])
        + 0.5 * x[:, 3] * torch.sigmoid(x[:, 4])
    )
    return x, (y + 0.28) / 1.2 + 0.12 * torch.randn(n, generator=g)


def signals(n: int, seed: int, length: int = 9) -> tuple[Tensor, Tensor]:
    """Aspects of the signals a driver passes, ids 0 to 9 (n, length), and the speed (0 to 3) that he may then drive."""
    g = generator(seed)
    x = torch.randint(10, (n, length), generator=g)
    speed = torch.zeros(n, dtype=torch.long)
    for t in range(length):
        speed = torch.where(x[:, t] < 4, x[:, t], speed)
    return x, speed


def organ(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Length, width, wind, mouth and tin of an organ pipe, standardised, and how far it is out of tune, deviation 1."""
    g = generator(seed)
    x = torch.randn(n, 5, generator=g)
    y = torch.tanh(x[:, 0] + 0.5 * x[:, 1]) + 0.6 * x[:, 2] - 0.5 * torch.cos(1.5 * x[:, 3]) + 0.3 * x[:, 4] * x[:, 0]
    return x, (y + 0.16) / 1.1 + 0.1 * torch.randn(n, generator=g)


def wasps(n: int, seed: int, size: int = 16) -> tuple[Tensor, Tensor]:
    """Pictures of a wasp's back (n, 1, size, size), deviation about 1: bands of three kinds, or spots."""
    g = generator(seed)
    y = torch.randint(4, (n,), generator=g)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    phase, pace = 6.28 * torch.rand(n, 1, 1, generator=g), 1.0 + 0.4 * torch.rand(n, 1, 1, generator=g)
    kinds = torch.stack(
        [
            torch.sin(pace * row + phase),
            torch.sin(pace * col + phase),
            torch.sin(0.7 * pace * (row + col) + phase),
            1.4 * torch.sin(pace * row + phase) * torch.sin(pace * col + phase),
        ],
        1,
    )
    return (kinds[torch.arange(n), y] + 1.4 * torch.randn(n, size, size, generator=g))[:, None] / 1.57, y


def ships(n: int, seed: int, size: int = 12) -> Tensor:
    """Outlines of ships (n, size * size) in [0, 1]: hull, mast and funnel at drawn places."""
    g = generator(seed)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    left, long = 1 + 2 * torch.rand(n, 1, 1, generator=g), 5 + 3 * torch.rand(n, 1, 1, generator=g)
    deck, mast = 7 + torch.rand(n, 1, 1, generator=g), 2 + 4 * torch.rand(n, 1, 1, generator=g)
    tall = 2 + 4 * torch.rand(n, 1, 1, generator=g)
    hull = torch.sigmoid(3 * (col - left)) * torch.sigmoid(3 * (left + long - col)) * torch.sigmoid(3 * (row - deck))
    hull = hull * torch.sigmoid(3 * (deck + 3 - row))
    stick = (
        torch.exp(-((col - left - mast) ** 2))
        * torch.sigmoid(3 * (row - deck + tall))
        * torch.sigmoid(3 * (deck - row))
    )
    return (hull + stick).clamp(0, 1).flatten(1)


def drums(n: int, seed: int, size: int = 16) -> tuple[Tensor, Tensor]:
    """Pitch against time of a stroke (n, 1, size, size), deviation about 1, and which of five drums was struck."""
    g = generator(seed)
    y = torch.randint(5, (n,), generator=g)
    pitch, time = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    start = 4 * torch.rand(n, 1, 1, generator=g)
    base = torch.tensor([2.0, 5.0, 5.0, 9.0, 12.0])[y][:, None, None] + 0.5 * torch.randn(n, 1, 1, generator=g)
    fade = torch.tensor([6.0, 2.5, 8.0, 4.0, 2.0])[y][:, None, None]
    glide = torch.tensor([0.2, 0.0, 0.3, 0.0, 0.0])[y][:, None, None]
    after = (time - start).clamp(min=0)
    x = (time > start) * torch.exp(-after / fade) * torch.exp(-((pitch - base + glide * after) ** 2) / 3)
    return ((3 * x - 0.3 + 0.5 * torch.randn(n, size, size, generator=g)) / 0.8)[:, None], y


def sami(n: int, seed: int) -> list[dict]:
    """Words in letters a to p, with an ending that says which of four kinds of word each is; eight in a hundred odd."""
    g = generator(seed)
    endings, rows = ["ak", "in", "op", "ea"], []
    for _ in range(n):
        kind = int(torch.randint(4, (1,), generator=g))
        stem = torch.randint(16, (int(torch.randint(3, 8, (1,), generator=g)),), generator=g).tolist()
        shown = kind if torch.rand(1, generator=g) > 0.04 else int(torch.randint(4, (1,), generator=g))
        rows.append({"word": "".join(chr(97 + c) for c in stem) + endings[shown], "kind": kind})
    return rows


def fevers(n: int, seed: int, length: int = 18) -> tuple[Tensor, Tensor]:
    """Eighteen hours of degrees above 37 (n, length), and those of the next six hours (n, 6)."""
    g = generator(seed)
    t = torch.arange(float(length + 6))
    pace, phase = 0.4 + 0.25 * torch.rand(n, 1, generator=g), 6.28 * torch.rand(n, 1, generator=g)
    level, sink = 1 + 0.6 * torch.randn(n, 1, generator=g), 0.03 * torch.randn(n, 1, generator=g)
    x = level + sink * (t - length) + 0.8 * torch.sin(pace * t + phase) + 0.1 * torch.randn(n, length + 6, generator=g)
    return x[:, :length], x[:, length:]


def archers(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Wind, draw and distance, standardised, and where the arrow lands (n, 2), in metres from the middle; two aims."""
    g = generator(seed)
    x = torch.randn(n, 3, generator=g)
    eye = torch.where(torch.rand(n, generator=g) < 0.5, 0.25, -0.25)
    side = eye + 0.2 * torch.tanh(x[:, 0])
    rise = 0.15 * torch.sin(x[:, 1]) - 0.1 * x[:, 2]
    spread = 0.03 + 0.04 * torch.sigmoid(x[:, 2])
    return x, torch.stack([side, rise], 1) + spread[:, None] * torch.randn(n, 2, generator=g)


def seagulls(n: int, seed: int) -> Tensor:
    """Places of seagulls (n, 2) about three boats, deviation about 1."""
    g = generator(seed)
    angle = 2 * math.pi * torch.randint(3, (n,), generator=g) / 3
    return torch.stack([1.3 * angle.cos(), 1.3 * angle.sin()], 1) + 0.2 * torch.randn(n, 2, generator=g)


def pianos(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Age, damp, warmth, use, rooms of a piano, standardised, and the cents it is out; hand-read, with much scatter."""
    g = generator(seed)
    x = torch.randn(n, 5, generator=g)
    y = 0.6 * x[:, 0] + 0.4 * torch.sin(2 * x[:, 1]) + 0.3 * x[:, 2] * x[:, 3]
    return x, y + torch.randn(n, generator=g)


def hymns(n: int, seed: int, length: int = 16) -> Tensor:
    """Notes of hymns (n, length), 0 to 19: each one is drawn from four that may follow the one before."""
    g, fixed = generator(seed), generator(0)
    habit = torch.softmax(2.2 * torch.randn(20, 20, generator=fixed), 1)
    x = torch.randint(20, (n, length), generator=g)
    for t in range(1, length):
        x[:, t] = torch.multinomial(habit[x[:, t - 1]], 1, generator=g)[:, 0]
    return x
