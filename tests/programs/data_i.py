"""Data of the programs of author I: hearts, sketches, tickets, cars, weather, nuclei, films and others; seeded."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def generator(seed: int) -> torch.Generator:
    """A generator of its own for each set of data."""
    return torch.Generator().manual_seed(83000 + seed)


def hearts(n: int, seed: int, columns: int = 10) -> tuple[Tensor, Tensor]:
    """Standardised measures of patients (n, columns), and 1 where the heart is ill."""
    g, fixed = generator(seed), generator(0)
    x = torch.randn(n, columns, generator=g)
    score = 1.6 * x @ torch.randn(columns, generator=fixed) / math.sqrt(columns)
    score = score + 1.5 * x[:, 0] * x[:, 1] - 1.2 * x[:, 2].abs() + 0.8
    return x, (torch.rand(n, generator=g) < torch.sigmoid(3 * score)).float()


def grid(size: int) -> tuple[Tensor, Tensor]:
    """Rows and columns of a picture's points."""
    return torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")


def sketches(n: int, seed: int, size: int = 16, noise: float = 0.25) -> tuple[Tensor, Tensor]:
    """Pictures (n, 1, size, size), mostly in [0, 1], and the kind: disc, ring, cross, square, bars."""
    g = generator(seed)
    y = torch.randint(5, (n,), generator=g)
    row, col = grid(size)
    centre = size / 2 - 0.5 + 1.5 * torch.randn(n, 2, 1, 1, generator=g)
    reach = size * (0.22 + 0.1 * torch.rand(n, 1, 1, generator=g))
    dy, dx = row - centre[:, 0], col - centre[:, 1]
    far, wide = torch.hypot(dy, dx), torch.maximum(dy.abs(), dx.abs())
    inside = (wide < reach).float()
    kinds = torch.stack([
        (far < reach).float(),
        ((far - reach).abs() < 1.0).float(),
        inside * (torch.minimum(dy.abs(), dx.abs()) < 1.0),
        ((wide - reach).abs() < 0.8).float(),
        inside * (torch.remainder(dy, 3) < 1.5),
    ], 1)  # fmt: skip
    x = 0.15 + 0.7 * kinds[torch.arange(n), y] + noise * torch.randn(n, size, size, generator=g)
    return x.unsqueeze(1), y


def tickets(n: int, seed: int, kinds: int = 4, length: int = 16, own: float = 0.3) -> tuple[Tensor, Tensor]:
    """Word ids 1 to 63 of a message (n, length), 0 behind its end, and its kind, which some of the words tell."""
    g = generator(seed)
    y = torch.randint(kinds, (n,), generator=g)
    telling = 1 + 6 * y[:, None] + torch.randint(6, (n, length), generator=g)
    others = torch.randint(1 + 6 * kinds, 64, (n, length), generator=g)
    x = torch.where(torch.rand(n, length, generator=g) < own, telling, others)
    ends = torch.randint(length // 2, length + 1, (n, 1), generator=g)
    return torch.where(torch.arange(length) < ends, x, 0), y


def cars(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Year, kilometres, power, doors, litres and owners of used cars as they are sold, and their price in dollars."""
    g = generator(seed)
    year = torch.randint(2002, 2024, (n,), generator=g).float()
    km = (2024 - year) * (9000 + 6000 * torch.rand(n, generator=g))
    power = 50 + 200 * torch.rand(n, generator=g)
    doors = torch.randint(2, 6, (n,), generator=g).float()
    litres = 0.8 + power / 80 + 0.3 * torch.randn(n, generator=g)
    owners = torch.randint(1, 5, (n,), generator=g).float()
    price = 90 * power * torch.exp(-0.09 * (2024 - year) - 2e-6 * km) + 400 * doors - 300 * owners + 3000
    price = price * torch.exp(0.05 * torch.randn(n, generator=g))
    return torch.stack([year, km, power, doors, litres, owners], 1), price


def weather(n: int, seed: int, hours: int = 24) -> tuple[Tensor, Tensor]:
    """Windows (n, hours, 3) of temperature, pressure and wind, deviation about 1, and the temperature an hour later."""
    g = generator(seed)
    t = torch.arange(n + hours + 1, dtype=torch.float32)
    phase = 6.3 * torch.rand(3, generator=g)
    pressure = torch.sin(2 * math.pi * t / 61 + phase[0])
    wind = torch.cos(2 * math.pi * t / 37 + phase[1])
    warm = torch.sin(2 * math.pi * t / 24 + phase[2]) + 0.5 * pressure * wind + 0.05 * torch.randn(len(t), generator=g)
    x = torch.stack([warm, pressure, wind], 1).unfold(0, hours, 1).transpose(1, 2)[:n]
    order = torch.randperm(n, generator=g)
    return x[order], warm[hours : hours + n][order]


def nuclei(n: int, seed: int, size: int = 20, most: int = 3) -> tuple[Tensor, Tensor]:
    """Pictures (n, 1, size, size) of up to three cells in noise, and their masks of the same shape."""
    g = generator(seed)
    row, col = grid(size)
    x, mask = 0.35 * torch.randn(n, size, size, generator=g), torch.zeros(n, size, size)
    for _ in range(most):
        centre = 2 + (size - 4) * torch.rand(n, 2, 1, 1, generator=g)
        reach = 1.5 + 2 * torch.rand(n, 1, 1, generator=g)
        cell = (torch.hypot(row - centre[:, 0], col - centre[:, 1]) < reach).float()
        mask = torch.maximum(mask, cell)
    return (x + 0.9 * mask).unsqueeze(1), mask.unsqueeze(1)


def films(n: int, seed: int, people: int = 60, things: int = 40) -> tuple[Tensor, Tensor, Tensor]:
    """Who saw which film (n,), (n,), and the stars that were given, 1 to 5, not rounded."""
    g, fixed = generator(seed), generator(0)
    taste, kind = torch.randn(people, 3, generator=fixed), torch.randn(things, 3, generator=fixed)
    mild, good = 0.4 * torch.randn(people, generator=fixed), 0.5 * torch.randn(things, generator=fixed)
    who, what = torch.randint(people, (n,), generator=g), torch.randint(things, (n,), generator=g)
    stars = 3.2 + mild[who] + good[what] + 0.5 * (taste[who] * kind[what]).sum(1)
    return who, what, (stars + 0.2 * torch.randn(n, generator=g)).clamp(1, 5)


def spirals(n: int, seed: int, arms: int = 3) -> tuple[Tensor, Tensor]:
    """Points of a plane on three arms of a spiral, and which arm."""
    g = generator(seed)
    y = torch.randint(arms, (n,), generator=g)
    along = torch.rand(n, generator=g)
    angle = 2 * math.pi * y / arms + 3.6 * along + 0.12 * torch.randn(n, generator=g)
    return (0.2 + 1.8 * along)[:, None] * torch.stack([angle.cos(), angle.sin()], 1), y


def payments(n: int, seed: int, share: float = 0.02) -> tuple[Tensor, Tensor]:
    """Twelve standardised columns of a payment, and 1 for the few that are a fraud."""
    g, fixed = generator(seed), generator(0)
    y = (torch.rand(n, generator=g) < share).float()
    shift = 0.75 * torch.sign(torch.randn(12, generator=fixed))
    return torch.randn(n, 12, generator=g) + y[:, None] * shift, y


def signals(n: int, seed: int, kinds: int = 5, length: int = 64) -> tuple[Tensor, Tensor]:
    """Short recordings (n, 1, length) of five kinds of swings, and the kind."""
    g = generator(seed)
    y = torch.randint(kinds, (n,), generator=g)
    t = torch.arange(length) / length
    pitch = (3 + 2 * y)[:, None] + 0.3 * torch.randn(n, 1, generator=g)
    tone = torch.sin(2 * math.pi * (pitch * t + torch.rand(n, 1, generator=g)))
    return (tone + 0.7 * torch.randn(n, length, generator=g)).unsqueeze(1), y


def captions(n: int, seed: int, things: int = 30) -> tuple[Tensor, Tensor, Tensor]:
    """Features of a picture (n, 24), of its caption (n, 16), and which of 30 things both show."""
    g, fixed = generator(seed), generator(0)
    seen, said = torch.randn(things, 24, generator=fixed), torch.randn(things, 16, generator=fixed)
    which = torch.randint(things, (n,), generator=g)
    return (seen[which] + 0.6 * torch.randn(n, 24, generator=g), said[which] + 0.6 * torch.randn(n, 16, generator=g),
            which)  # fmt: skip


def recipes(n: int, seed: int, length: int = 16, words: int = 20) -> Tensor:
    """Lines (n, length) of word ids, each word by habit from the two before it."""
    g, fixed = generator(seed), generator(0)
    habit = torch.softmax(3 * torch.randn(words, words, words, generator=fixed), 2)
    rows = [torch.randint(words, (n,), generator=g), torch.randint(words, (n,), generator=g)]
    for _ in range(length - 2):
        rows.append(torch.multinomial(habit[rows[-2], rows[-1]], 1, generator=g)[:, 0])
    return torch.stack(rows, 1)


def molecules(n: int, seed: int, atoms: int = 10, kinds: int = 5) -> tuple[Tensor, Tensor, Tensor]:
    """Kinds of the atoms (n, atoms), bonds (n, atoms, atoms), and a measure of the bonded pairs, deviation about 1."""
    g, fixed = generator(seed), generator(0)
    pair = torch.randn(kinds, kinds, generator=fixed)
    upper = torch.triu((torch.rand(n, atoms, atoms, generator=g) < 0.22).float(), diagonal=1)
    kind = torch.randint(kinds, (n, atoms), generator=g)
    pull = (pair + pair.T)[kind[:, :, None], kind[:, None, :]]
    return kind, upper + upper.transpose(1, 2), (upper * pull).sum((1, 2)) / 4.5


class Rooms:
    """A walk in a row of rooms from the left to the right end, one step at a time, with many walkers at once."""

    def __init__(self, seed: int, rooms: int = 7, walkers: int = 16):
        self.g, self.rooms, self.walkers = generator(seed), rooms, walkers
        self.place = torch.zeros(walkers, dtype=torch.long)

    def seen(self) -> Tensor:
        return torch.eye(self.rooms)[self.place]

    def step(self, right: Tensor) -> tuple[Tensor, Tensor]:
        """What is paid, and whether the walk ended; a new one then begins at a random room."""
        slip = torch.rand(self.walkers, generator=self.g) < 0.1
        move = torch.where(slip, 1 - right, right) * 2 - 1
        self.place = (self.place + move).clamp(0, self.rooms - 1)
        done = self.place == self.rooms - 1
        paid = torch.where(done, 1.0, -0.05)
        fresh = torch.randint(self.rooms - 1, (self.walkers,), generator=self.g)
        self.place = torch.where(done, fresh, self.place)
        return paid, done.float()


def clouds(n: int, seed: int, groups: int = 6) -> Tensor:
    """Points of a plane in six small groups on a circle."""
    g = generator(seed)
    angle = 2 * math.pi * torch.randint(groups, (n,), generator=g) / groups
    return torch.stack([angle.cos(), angle.sin()], 1) + 0.08 * torch.randn(n, 2, generator=g)


def parities(n: int, seed: int, switches: int = 20, asked: int = 3) -> tuple[Tensor, Tensor]:
    """Switches of -1 and 1 (n, switches), and 1 where the first three multiply to 1."""
    x = 2 * torch.randint(2, (n, switches), generator=generator(seed)).float() - 1
    return x, (x[:, :asked].prod(1) > 0).float()


def sentences(n: int, seed: int, length: int = 12, tags: int = 5, words: int = 50) -> tuple[Tensor, Tensor]:
    """Word ids (n, length) and their tags: of the word itself, or of the word before it for one word in four."""
    g, fixed = generator(seed), generator(0)
    x = torch.randint(1, words, (n, length), generator=g)
    own = torch.randint(tags, (words,), generator=fixed)
    before = torch.cat([torch.zeros(n, 1, dtype=torch.long), x[:, :-1]], 1)
    return x, torch.where(x % 4 == 0, own[before], own[x])


def tills(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Eight standardised columns of a shop's day, one of them the same everywhere; and the takings, deviation 1."""
    g = generator(seed)
    x = torch.randn(n, 8, generator=g)
    y = 0.7 * x[:, 0] + torch.sin(1.5 * x[:, 1]) * (1 + 0.3 * x[:, 2]) - 0.5 * x[:, 3].abs() + 0.1 * torch.randn(
        n, generator=g)  # fmt: skip
    x = x * torch.tensor([5.0, 2.0, 30.0, 1.0, 0.5, 9.0, 1.0, 4.0]) + 3
    x[:, 6] = 1.0
    return x, (y - y.mean()) / y.std()
