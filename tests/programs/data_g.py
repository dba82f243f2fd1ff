"""Data of the programs of author G: mixes, circuits, knocks, wrists, engines, scans, dials, voices; seeded."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def generator(seed: int) -> torch.Generator:
    """A generator of its own for each set of data."""
    return torch.Generator().manual_seed(52000 + seed)


def mixes(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Eight standardised parts of a concrete mix (n, 8), and its strength (n,), of unit size."""
    g, fixed = generator(seed), generator(0)
    x = torch.randn(n, 8, generator=g)
    a, b = torch.randn(8, generator=fixed) / 3, torch.randn(8, generator=fixed) / 3
    y = torch.sin(1.5 * x @ a) + 0.8 * (x @ b) + 0.5 * torch.tanh(x[:, 0]) * x[:, 1]
    return x, y + 0.1 * torch.randn(n, generator=g)


def circuits(n: int, seed: int, nodes: int = 10, kinds: int = 4) -> tuple[Tensor, Tensor, Tensor]:
    """Kinds of gates (n, nodes), wires (n, nodes, nodes), and a delay (n,): gates wait for those that they hang on."""
    g = generator(seed)
    kind = torch.randint(kinds, (n, nodes), generator=g)
    wires = (torch.rand(n, nodes, nodes, generator=g) < 0.22).float().triu(1)
    wires = wires + wires.transpose(1, 2)
    cost = torch.tensor([0.2, 0.5, 1.0, 1.6])[kind]
    around = (wires @ cost[..., None]).squeeze(-1)
    delay = (cost * torch.tanh(around - 1)).mean(1)
    delay = (delay - 0.30) / 0.16 + 0.1 * torch.randn(n, generator=g)
    return kind, wires, delay


def knocks(n: int, seed: int, classes: int = 6, bands: int = 20, frames: int = 24) -> tuple[Tensor, Tensor]:
    """Log spectrograms (n, 1, bands, frames) of knocks on six materials, and the material."""
    g = generator(seed)
    y = torch.randint(classes, (n,), generator=g)
    pitch = torch.tensor([4.0, 4.0, 9.0, 9.0, 14.0, 14.0])[y] + torch.randn(n, generator=g)
    fade = torch.tensor([2.5, 8.0, 2.5, 8.0, 2.5, 8.0])[y] * (0.8 + 0.4 * torch.rand(n, generator=g))
    start = 2 + 8 * torch.rand(n, generator=g)
    band, frame = torch.arange(float(bands))[None, :, None], torch.arange(float(frames))[None, None]
    late = frame - start[:, None, None]
    tone = torch.exp(-((band - pitch[:, None, None]) ** 2) / 4) * torch.exp(-late.clamp(min=0) / fade[:, None, None])
    x = 2.5 * tone * (late >= 0) + 0.5 * torch.randn(n, bands, frames, generator=g)
    return x.unsqueeze(1) - 0.2, y


def wrists(n: int, seed: int, length: int = 48) -> tuple[Tensor, Tensor]:
    """Three axes of a watch (n, 3, length) as the 12-bit counts of its sensor, about 2048, and five activities."""
    g = generator(seed)
    y = torch.randint(5, (n,), generator=g)
    speed = torch.tensor([0.0, 0.25, 0.5, 0.25, 0.5])[y] * (0.9 + 0.2 * torch.rand(n, generator=g))
    t = torch.arange(float(length))
    phase = 2 * math.pi * torch.rand(n, 1, generator=g)
    wave = torch.sin(speed[:, None] * t * 2 + phase) * (y > 0)[:, None]
    axis = torch.tensor([[0.0, 0, 0], [1, 0, 0.5], [1, 0, 0.5], [0, 1, 0.5], [0, 1, 0.5]])[y]
    x = axis[:, :, None] * wave[:, None] + 0.3 * torch.randn(n, 3, length, generator=g)
    return (2048 + 300 * x).round().clamp(0, 4095), y


def engines(n: int, seed: int, length: int = 20) -> tuple[Tensor, Tensor]:
    """Six sensors of an engine over time (n, length, 6), about unit size, and the hours that it still runs."""
    g, fixed = generator(seed), generator(0)
    left = 200 + 4800 * torch.rand(n, generator=g)
    wear = 1 - left / 5000
    t = torch.linspace(0, 1, length)
    state = (wear[:, None] * (1 + 0.3 * t)) ** 2 + 0.03 * torch.randn(n, length, generator=g)
    loads = torch.randn(6, generator=fixed)
    x = 2 * (state[..., None] - 0.4) * loads + 0.2 * torch.randn(n, length, 6, generator=g)
    return x, left


def clubs(seed: int, people: int = 300, groups: int = 4, words: int = 24) -> tuple[Tensor, Tensor, Tensor]:
    """People of a network: words that they use (people, words), who knows whom (people, people), and their club."""
    g, fixed = generator(seed), generator(0)
    y = torch.randint(groups, (people,), generator=g)
    same = y[:, None] == y[None]
    chance = torch.where(same, 0.04, 0.006)
    known = (torch.rand(people, people, generator=g) < chance).float().triu(1)
    known = known + known.T
    likes = torch.randn(groups, words, generator=fixed)
    x = 0.55 * likes[y] + torch.randn(people, words, generator=g)
    return x, known, y


def wells(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """A table of wells as it is exported, from the poorest to the richest: seven columns, and the yield."""
    g, fixed = generator(seed), generator(0)
    x = torch.randn(n, 7, generator=g)
    a = torch.randn(7, generator=fixed) / 2
    y = x @ a + 0.6 * torch.sin(2 * x[:, 0]) * x[:, 2] + 0.1 * torch.randn(n, generator=g)
    y = (y - y.mean()) / y.std()
    order = y.argsort()
    return x[order], y[order]


def scans(n: int, seed: int, size: int = 20) -> tuple[Tensor, Tensor]:
    """Grey scans (n, 1, size, size) with one or two bright ovals, and their masks (n, 1, size, size) of 0 and 1."""
    g = generator(seed)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    mask = torch.zeros(n, size, size, dtype=torch.bool)
    for one in range(2):
        centre = 4 + (size - 8) * torch.rand(n, 2, 1, 1, generator=g)
        wide, high = 2 + 2.5 * torch.rand(2, n, 1, 1, generator=g)
        oval = ((row - centre[:, 0]) / high) ** 2 + ((col - centre[:, 1]) / wide) ** 2 < 1
        there = (torch.rand(n, 1, 1, generator=g) < 0.6) | torch.tensor(one == 0)
        mask = mask | (oval & there)
    haze = 0.4 * torch.sin(row / 4 + 6 * torch.rand(n, 1, 1, generator=g))
    x = 1.1 * mask + haze + 0.5 * torch.randn(n, size, size, generator=g) - 0.2
    return x.unsqueeze(1), mask.float().unsqueeze(1)


def dials(n: int, seed: int, size: int = 16) -> tuple[Tensor, Tensor]:
    """Pictures of a gauge (n, 1, size, size) with one needle, and its reading from -1 to 1 over three quarters."""
    g = generator(seed)
    reading = 2 * torch.rand(n, generator=g) - 1
    angle = 0.75 * math.pi * reading
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    x, y = col - (size - 1) / 2, (size - 1) / 2 - row
    dx, dy = angle.sin()[:, None, None], angle.cos()[:, None, None]
    along, aside = x * dx + y * dy, (x * dy - y * dx).abs()
    needle = torch.exp(-(aside**2) / 1.2) * ((along > 0) & (along < size / 2 - 1))
    return (2 * needle + 0.3 * torch.randn(n, size, size, generator=g) - 0.3).unsqueeze(1), reading


def voices(n: int, seed: int, length: int = 96) -> tuple[Tensor, Tensor]:
    """A low voice with a noise over it (n, 1, length), and the voice alone."""
    g = generator(seed)
    t = torch.arange(float(length))
    pitch = 0.12 + 0.18 * torch.rand(n, 1, generator=g)
    phase = 6.28 * torch.rand(n, 2, 1, generator=g)
    voice = torch.sin(pitch * t + phase[:, 0]) + 0.5 * torch.sin(2 * pitch * t + phase[:, 1])
    hiss = torch.randn(n, length + 1, generator=g)
    hiss = hiss[:, 1:] - 0.7 * hiss[:, :-1]
    return (voice + 0.9 * hiss).unsqueeze(1), voice.unsqueeze(1)


def crates(n: int, seed: int, size: int = 24) -> tuple[Tensor, Tensor, Tensor]:
    """Pictures (n, 1, size, size) of one crate, plain, striped or hollow: its kind, its box (x, y, w, h) in 0..1."""
    g = generator(seed)
    kind = torch.randint(3, (n,), generator=g)
    half = 3 + 3 * torch.rand(n, 2, generator=g)
    centre = half + (size - 2 * half) * torch.rand(n, 2, generator=g)
    row, col = torch.meshgrid(torch.arange(size) + 0.5, torch.arange(size) + 0.5, indexing="ij")
    dx, dy = (col - centre[:, 0, None, None]).abs(), (row - centre[:, 1, None, None]).abs()
    w, h = half[:, 0, None, None], half[:, 1, None, None]
    inside = ((dx < w) & (dy < h)).float()
    stripes = inside * (col.long() % 2)
    hollow = inside * ((dx > w - 1.2) | (dy > h - 1.2))
    look = torch.stack([inside, stripes, hollow], 1)[torch.arange(n), kind]
    x = 1.5 * look + 0.2 * torch.randn(n, size, size, generator=g) - 0.3
    return x.unsqueeze(1), kind, torch.cat([centre, 2 * half], 1) / size


def tiles(n: int, seed: int, size: int = 12) -> tuple[Tensor, Tensor]:
    """Colour pictures of tiles (n, 3, size, size) in five patterns, about unit size, and the pattern."""
    g = generator(seed)
    y = torch.randint(5, (n,), generator=g)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    shift = 6.3 * torch.rand(n, 2, 1, 1, generator=g)
    a, b = torch.sin(1.3 * row + shift[:, 0]), torch.sin(1.3 * col + shift[:, 1])
    slant, other = torch.sin(0.9 * (row + col) + shift[:, 0]), torch.sin(0.9 * (row - col) + shift[:, 1])
    look = torch.stack([a, b, slant, other, 1.4 * a * b], 1)[torch.arange(n), y]
    tint = 0.4 + 0.8 * torch.rand(n, 3, 1, 1, generator=g)
    return tint * look[:, None] + 0.6 * torch.randn(n, 3, size, size, generator=g), y


def loads(hours: int, seed: int) -> Tensor:
    """The load of a small grid, hour by hour, standardised; it jumps up and down within the day."""
    g = generator(seed)
    t = torch.arange(float(hours))
    start = 24 * torch.rand(2, generator=g)
    wave = torch.sin(2 * math.pi * (t + start[0]) / 6) + 0.8 * torch.sin(2 * math.pi * (t + start[1]) / 4)
    bent = wave + 0.4 * wave * torch.sin(2 * math.pi * t / 24)
    return (bent + 0.15 * torch.randn(hours, generator=g)) / 1.0


def bearings(n: int, seed: int, columns: int = 6) -> tuple[Tensor, Tensor, Tensor]:
    """Measures of bearings (n, columns), the years under watch, and 1 where it failed, 0 where it still ran."""
    g, fixed = generator(seed), generator(0)
    x = torch.randn(n, columns, generator=g)
    risk = x @ torch.randn(columns, generator=fixed) / 2 + 0.5 * x[:, 0] * x[:, 1]
    life = -torch.rand(n, generator=g).clamp(min=1e-4).log() * torch.exp(-1.2 * risk)
    watch = 0.2 + 3 * torch.rand(n, generator=g)
    return x, torch.minimum(life, watch), (life <= watch).float()


def concordance(risk: Tensor, years: Tensor, failed: Tensor) -> float:
    """The share of comparable pairs in which the one with the higher risk failed first."""
    pairs = (years[:, None] < years[None]) & (failed[:, None] > 0)
    return float((risk[:, None] > risk[None])[pairs].float().mean())


def meters(n: int, seed: int, length: int = 32, off: float = 0.004) -> Tensor:
    """Windows of a meter (n, length); in a few of them the machine is off, and every reading is the same."""
    g = generator(seed)
    t = torch.arange(float(length))
    phase = 6.28 * torch.rand(n, 2, 1, generator=g)
    run = 40 + 8 * torch.sin(t / 3 + phase[:, 0]) + 5 * torch.sin(t / 1.4 + phase[:, 1])
    run = run + 1.5 * torch.randn(n, length, generator=g)
    still = torch.rand(n, 1, generator=g) < off
    still[n // 4] = off > 0
    return torch.where(still, torch.full_like(run, 12.0), run)


def walls(n: int, seed: int, size: int = 20) -> tuple[Tensor, Tensor]:
    """Pictures of a wall (n, 1, size, size) with a faint crack in some, and the crack (n, 1, size, size): 1 in 60."""
    g = generator(seed)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    start, slope = size * torch.rand(n, 1, 1, generator=g), 1.6 * torch.rand(n, 1, 1, generator=g) - 0.8
    line = (row - start - slope * (col - size / 2)).abs() < 0.5
    first = size * torch.rand(n, 1, 1, generator=g) * 0.5
    crack = line & (col > first) & (col < first + 9)
    x = 1.1 * crack + torch.randn(n, size, size, generator=g)
    return x.unsqueeze(1), crack.float().unsqueeze(1)


def swings(n: int, seed: int, length: int = 25, dt: float = 0.2) -> Tensor:
    """Angle and speed of a damped pendulum over time (n, length, 2)."""
    g = generator(seed)
    state = torch.stack([3 * torch.rand(n, generator=g) - 1.5, 2 * torch.rand(n, generator=g) - 1], 1)
    path = [state]
    for _ in range(length - 1):
        for _ in range(10):
            angle, speed = state.unbind(1)
            speed = speed + dt / 10 * (-2 * torch.sin(angle) - 0.15 * speed)
            state = torch.stack([angle + dt / 10 * speed, speed], 1)
        path.append(state)
    return torch.stack(path, 1)
