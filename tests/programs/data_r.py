"""Data of the programs of author R: quarries, bells, tides, dogs, marble, must, keys, dialects and others; seeded."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def generator(seed: int) -> torch.Generator:
    """A generator of its own for each set of data."""
    return torch.Generator().manual_seed(88000 + seed)


def blocks(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Six columns about a block of stone as a quarry notes them (mm, kg, ...), and its strength, deviation about 1."""
    g = generator(seed)
    z = torch.randn(n, 6, generator=g)
    y = 0.7 * torch.tanh(z[:, 0] - z[:, 1]) + 0.5 * torch.sin(1.4 * z[:, 2]) + 0.4 * z[:, 3] * z[:, 4] - 0.3 * z[:, 5]
    scale = torch.tensor([420.0, 1300.0, 110.0, 28.0, 0.02, 3.0])
    shift = torch.tensor([1900.0, 4700.0, 2650.0, 75.0, 0.06, 9.0])
    return z * scale + shift, y + 0.1 * torch.randn(n, generator=g)


def tolls(n: int, seed: int, towers: int = 5, length: int = 64) -> tuple[Tensor, Tensor]:
    """Single strokes of a bell (n, 1, length), deviation about 1, tower after tower, and from which tower they are."""
    g = generator(seed)
    y = torch.randint(towers, (n,), generator=g).sort().values
    t = torch.arange(float(length))
    hum = torch.tensor([0.30, 0.36, 0.43, 0.52, 0.62])[y][:, None]
    third = torch.tensor([1.20, 1.26, 1.20, 1.26, 1.20])[y][:, None]
    phase = 2 * math.pi * torch.rand(n, 2, 1, generator=g)
    x = torch.sin(hum * t + phase[:, 0]) + 0.7 * torch.sin(2 * third * hum * t + phase[:, 1])
    return (1.3 * x * torch.exp(-t / 50) + 0.5 * torch.randn(n, length, generator=g))[:, None], y


def water_level(hours: int, seed: int) -> Tensor:
    """The water at a harbour's gauge hour by hour (hours,), deviation about 1: a tide, and what wind adds by chance."""
    g = generator(seed)
    t = torch.arange(float(hours)) + 1000 * torch.rand(1, generator=g)
    tide = torch.sin(2 * math.pi * t / 12.42) + 0.35 * torch.sin(2 * math.pi * t / 24)
    push, wind = 0.35 * torch.randn(hours, generator=g), torch.zeros(hours)
    for i in range(1, hours):
        wind[i] = 0.8 * wind[i - 1] + push[i]
    return tide + wind


def searches(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Seven facts about a search with dogs, standardised, and after how many seconds the person was found."""
    g = generator(seed)
    x = torch.randn(n, 7, generator=g)
    slow = 0.7 * x[:, 0] + 0.5 * x[:, 1].abs() - 0.6 * torch.tanh(2 * x[:, 2]) + 0.4 * x[:, 3] * x[:, 4]
    return x, torch.exp(6.6 + 0.8 * slow + 0.15 * torch.randn(n, generator=g)).clamp(min=60)


def veins(n: int, seed: int, size: int = 16) -> tuple[Tensor, Tensor]:
    """Pieces of marble (n, 1, size, size), deviation about 1, and where a vein runs through them (n, 1, size, size)."""
    g = generator(seed)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    rise = 1.6 * torch.rand(n, 1, 1, generator=g) - 0.8
    base = 3 + 10 * torch.rand(n, 1, 1, generator=g)
    bend = 2 * torch.sin(0.5 * col + 2 * math.pi * torch.rand(n, 1, 1, generator=g))
    mask = ((row - base - rise * (col - size / 2) - bend).abs() < 1.3).float()
    cloud = F.avg_pool2d(torch.randn(n, 1, size, size, generator=g), 3, 1, 1)[:, 0]
    x = 1.8 * mask + cloud + 0.5 * torch.randn(n, size, size, generator=g)
    return ((x - 0.28) / 0.9)[:, None], mask[:, None]


def musts(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Eight facts about a vineyard, standardised, and sugar, acid and tannin of its must, each mean 0, deviation 1."""
    g, fixed = generator(seed), generator(0)
    x = torch.randn(n, 8, generator=g)
    hidden = torch.tanh(x @ torch.randn(8, 10, generator=fixed) * 0.5)
    y = hidden @ torch.randn(10, 3, generator=fixed) * 0.5
    return x, y + 0.1 * torch.randn(n, 3, generator=g)


def keys_and_locks(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """How deep a key is cut in 24 places (n, 24), and 24 measures of the lock that it opens (n, 24)."""
    g, fixed = generator(seed), generator(0)
    cut = torch.randn(n, 5, generator=g)
    first, second = torch.randn(5, 24, generator=fixed), torch.randn(5, 24, generator=fixed)
    key = torch.sin(1.2 * cut @ first) + 0.25 * torch.randn(n, 24, generator=g)
    lock = torch.tanh(cut @ second) ** 2 * 2 - 1 + 0.5 * torch.tanh(cut @ first)
    return key, lock + 0.25 * torch.randn(n, 24, generator=g)


def dialects(n: int, seed: int, choices: int = 4) -> tuple[Tensor, Tensor, Tensor]:
    """A word as it sounds in one valley (n, 14), four words of another (n, 4, 14), and which of them is the same."""
    g, fixed = generator(seed), generator(0)
    meant = torch.randn(n, choices, 6, generator=g)
    here, there = torch.randn(6, 14, generator=fixed), torch.randn(6, 14, generator=fixed)
    y = torch.randint(choices, (n,), generator=g)
    asked = torch.tanh(meant[torch.arange(n), y] @ here) + 0.2 * torch.randn(n, 14, generator=g)
    offered = torch.tanh(meant @ there) + 0.2 * torch.randn(n, choices, 14, generator=g)
    return asked, offered, y


def millraces(seed: int, mills: int = 500) -> tuple[Tensor, Tensor, Tensor]:
    """Five facts about each mill (mills, 5), which share a channel (mills, mills), and its power, deviation about 1."""
    g, fixed = generator(seed), generator(0)
    x = torch.randn(mills, 5, generator=g)
    half = torch.triu(torch.rand(mills, mills, generator=g) < 0.03, diagonal=1)
    shared = (half | half.T).float()
    near = shared @ x / shared.sum(1, keepdim=True).clamp(min=1)
    a, b = torch.randn(5, generator=fixed), torch.randn(5, generator=fixed)
    return x, shared, 0.8 * torch.tanh(0.8 * x @ a) + near @ b * 1.2 + 0.1 * torch.randn(mills, generator=g)


def silk(n: int, seed: int, length: int = 40) -> Tensor:
    """How thick a thread of silk is along its length (n, length), deviation about 1: six hidden numbers, bent."""
    g, fixed = generator(seed), generator(0)
    hidden = torch.randn(n, 6, generator=g)
    return 1.4 * torch.tanh(0.5 * hidden @ torch.randn(6, length, generator=fixed)) + 0.1 * torch.randn(
        n, length, generator=g
    )


def declarations(n: int, seed: int, length: int = 12, goods: int = 60) -> tuple[Tensor, Tensor]:
    """What a ship declares at the customs, ids (n, length), and in which of six classes it falls."""
    g, fixed = generator(seed), generator(0)
    habit = torch.softmax(1.5 * torch.randn(6, goods, generator=fixed), 1)
    y = torch.randint(6, (n,), generator=g)
    return torch.multinomial(habit[y], length, replacement=True, generator=g), y


def vines(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Which of 24 vineyards, five facts about the year (n, 5), and its litres, mean 0, deviation about 1."""
    g, fixed = generator(seed), generator(0)
    where = torch.randint(24, (n,), generator=g)
    x = torch.randn(n, 5, generator=g)
    soil = torch.randn(24, 2, generator=fixed)[where]
    y = 0.6 * soil[:, 0] + 0.5 * torch.tanh(x[:, 0] * soil[:, 1]) + 0.5 * torch.sin(1.5 * x[:, 1]) + 0.3 * x[:, 2]
    return where, x, y + 0.1 * torch.randn(n, generator=g)


def masks(n: int, seed: int, size: int = 12) -> Tensor:
    """Painted masks (n, size * size) in [0, 1]: a face, two eyes, a mouth, each of its own size and place."""
    g = generator(seed)
    row, col = torch.meshgrid(torch.arange(float(size)) - 5.5, torch.arange(float(size)) - 5.5, indexing="ij")
    u = torch.rand(n, 5, 1, 1, generator=g)
    face = (row / (4 + 2 * u[:, 0])) ** 2 + (col / (3 + 2 * u[:, 1])) ** 2 < 1
    apart = 1.5 + u[:, 2]
    eyes = ((row + 1.5) ** 2 + (col.abs() - apart) ** 2) < 1.2
    mouth = ((row - 2.5 - (2 * u[:, 3] - 1) * 0.2 * col**2).abs() < 0.8) & (col.abs() < 1 + 2 * u[:, 4])
    x = 0.8 * face.float() - 0.6 * (eyes & face).float() - 0.4 * (mouth & face).float()
    return (0.08 + x).clamp(0.02, 0.98).flatten(1)


def inscriptions(letters: int, seed: int, kinds: int = 24) -> Tensor:
    """One long text of ids as it stands on bells: words of a list of forty, with a sign (0) between them."""
    g, fixed = generator(seed), generator(0)
    length = torch.randint(3, 8, (40,), generator=fixed).tolist()
    words = [[*torch.randint(1, kinds, (size,), generator=fixed).tolist(), 0] for size in length]
    follow = torch.randint(40, (40, 4), generator=fixed)
    pick = torch.multinomial(torch.tensor([0.5, 0.25, 0.15, 0.1]), letters, replacement=True, generator=g).tolist()
    word, text = int(torch.randint(40, (1,), generator=g)), []
    for one in pick:
        text += words[word]
        word = int(follow[word, one])
        if len(text) >= letters:
            break
    return torch.tensor(text[:letters])


def galaxies(n: int, seed: int, size: int = 16) -> tuple[Tensor, Tensor]:
    """Pictures (n, 1, size, size) of galaxies, deviation about 1: a disc, a bar, two arms or a ring (0 to 3)."""
    g = generator(seed)
    y = torch.randint(4, (n,), generator=g)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    middle = 6.5 + 2 * torch.rand(n, 2, 1, 1, generator=g)
    r, c = row - middle[:, 0], col - middle[:, 1]
    far, angle = (r**2 + c**2).sqrt(), torch.atan2(r, c)
    turn = 2 * math.pi * torch.rand(n, 1, 1, generator=g)
    along, across = c * turn.cos() + r * turn.sin(), r * turn.cos() - c * turn.sin()
    disc = torch.exp(-((far / 3.5) ** 2))
    bar = torch.exp(-((along / 5) ** 2) - (across / 1.4) ** 2) * 1.3
    arms = torch.cos(angle - turn - 0.7 * far).clamp(min=0) ** 2 * torch.exp(-((far / 5) ** 2)) * 1.5
    ring = torch.exp(-(((far - 4) / 1.2) ** 2))
    x = torch.stack([disc, bar, arms, ring], 1)[torch.arange(n), y]
    return ((x + 0.2 * torch.randn(n, size, size, generator=g) - 0.17) / 0.33)[:, None], y


def sheets(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Seven settings of a paper mill, standardised, and how much its sheet bears, mean 0, deviation about 1."""
    g = generator(seed)
    x = torch.randn(n, 7, generator=g)
    y = torch.sin(1.3 * x[:, 0]) + 0.6 * torch.tanh(x[:, 1] * x[:, 2]) + 0.5 * torch.cos(x[:, 3] + x[:, 4]) - 0.3
    return x, y + 0.3 * x[:, 5] + 0.03 * torch.randn(n, generator=g)


def garden(n: int, seed: int, visitors: int = 60, herbs: int = 40) -> tuple[Tensor, Tensor]:
    """Which visitor smelt at which herb (n, 2), and how he liked it, mean 0, deviation about 1."""
    g, fixed = generator(seed), generator(0)
    pair = torch.stack([torch.randint(visitors, (n,), generator=g), torch.randint(herbs, (n,), generator=g)], 1)
    nose, scent = torch.randn(visitors, 3, generator=fixed), torch.randn(herbs, 3, generator=fixed)
    y = 0.5 * (nose[pair[:, 0]] * scent[pair[:, 1]]).sum(1) + 0.4 * nose[pair[:, 0], 0]
    return pair, y + 0.25 * torch.randn(n, generator=g)


def sledges(n: int, seed: int, length: int = 12) -> tuple[Tensor, Tensor]:
    """What a driver calls to his dogs (n, length), ids 0 to 9: a goal (of six) at the start; then which goal it was."""
    g = generator(seed)
    y = torch.randint(6, (n,), generator=g)
    x = torch.randint(6, 10, (n, length), generator=g)
    x[:, 0] = y
    return x, y


def vaults(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Six measures of a vault, standardised, and thrust, height of the line and load, mean 0, deviation about 1."""
    g, fixed = generator(seed), generator(0)
    x = torch.randn(n, 6, generator=g)
    y = torch.tanh(x @ torch.randn(6, 8, generator=fixed) * 0.6) @ torch.randn(8, 3, generator=fixed) * 0.55
    return x, y + 0.1 * torch.randn(n, 3, generator=g)


def dried_herbs(n: int, seed: int, size: int = 12) -> tuple[Tensor, Tensor]:
    """Photographs (n, 1, size, size) of dried herbs, deviation about 1, which of five; one in four shows nothing."""
    g, fixed = generator(seed), generator(0)
    leaf = F.avg_pool2d(torch.randn(5, 1, size, size, generator=fixed), 3, 1, 1) * 2.2
    y = torch.randint(5, (n,), generator=g)
    clear = 0.5 * (torch.rand(n, 1, 1, 1, generator=g) > 0.25)
    return clear * leaf[y] + torch.randn(n, 1, size, size, generator=g), y


def nebulae(n: int, seed: int, size: int = 16) -> tuple[Tensor, Tensor]:
    """Three colours of a nebula (n, 3, size, size), deviation about 1, and its kind: 0 to 4 by colour and grain."""
    g = generator(seed)
    y = torch.randint(5, (n,), generator=g)
    fine = torch.randn(n, 1, size, size, generator=g)
    coarse = F.interpolate(torch.randn(n, 1, size // 4, size // 4, generator=g), scale_factor=4.0, mode="nearest")
    tint = torch.tensor([[1, 0.3, 0.3], [0.3, 1, 0.3], [0.3, 0.3, 1], [1, 0.3, 0.3], [0.3, 1, 0.3]])[y, :, None, None]
    cloud = torch.where((y < 3)[:, None, None, None], coarse, fine)
    return 1.2 * cloud * tint + 0.6 * torch.randn(n, 3, size, size, generator=g), y


def fees(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Which flag and which quay (n, 2), four facts about a ship (n, 4), and what it pays, mean 0, deviation about 1."""
    g, fixed = generator(seed), generator(0)
    which = torch.stack([torch.randint(12, (n,), generator=g), torch.randint(8, (n,), generator=g)], 1)
    x = torch.randn(n, 4, generator=g)
    flag, quay = 0.6 * torch.randn(12, generator=fixed), 0.4 * torch.randn(8, generator=fixed)
    y = flag[which[:, 0]] + quay[which[:, 1]] * x[:, 0] + 0.5 * torch.tanh(x[:, 1]) + 0.4 * (x[:, 2] * x[:, 3])
    return which, x, y + 0.1 * torch.randn(n, generator=g)


def cloisters(n: int, seed: int, rooms: int = 10) -> tuple[Tensor, Tensor, Tensor]:
    """Cloisters: four facts about each room (n, rooms, 4), its doors (n, rooms, rooms), how fit each is for prayer."""
    g, fixed = generator(seed), generator(0)
    x = torch.randn(n, rooms, 4, generator=g)
    half = torch.triu(torch.rand(n, rooms, rooms, generator=g) < 0.3, diagonal=1)
    doors = (half | half.transpose(1, 2)).float()
    near = doors @ x / doors.sum(2, keepdim=True).clamp(min=1)
    a, b = torch.randn(4, generator=fixed), torch.randn(4, generator=fixed)
    return x, doors, torch.tanh(x @ a * 0.7) + 0.9 * near @ b * 0.6 + 0.1 * torch.randn(n, rooms, generator=g)


def cocoons(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Nine measures of a cocoon, its kind as an apprentice wrote it, its true kind (0 to 3), and how they err."""
    g, fixed = generator(seed), generator(0)
    y = torch.randint(4, (n,), generator=g)
    x = 1.2 * torch.randn(4, 9, generator=fixed)[y] + torch.randn(n, 9, generator=g)
    err = 0.6 * torch.eye(4) + 0.3 * torch.eye(4).roll(1, 1) + 0.1 * torch.eye(4).roll(2, 1)
    return x, torch.multinomial(err[y], 1, generator=g)[:, 0], y, err


def sandbank(n: int, seed: int) -> Tensor:
    """Where grains of sand lie (n, 2): two bent banks, one within the other."""
    g = generator(seed)
    angle = math.pi * torch.rand(n, generator=g)
    upper = torch.rand(n, generator=g) < 0.5
    x = torch.where(upper, angle.cos(), 1 - angle.cos()) - 0.5
    y = torch.where(upper, angle.sin(), 0.5 - angle.sin()) - 0.25
    return 1.4 * torch.stack([x, y], 1) + 0.08 * torch.randn(n, 2, generator=g)


def watermarks(n: int, seed: int, length: int = 24) -> Tensor:
    """Profiles of a watermark in a sheet (n, length), in [-1, 1]: two valleys, deep and apart by chance."""
    g = generator(seed)
    t = torch.linspace(-1, 1, length)
    u = torch.rand(n, 3, 1, generator=g)
    apart, deep = 0.3 + 0.35 * u[:, 0], 0.5 + 0.5 * u[:, 1]
    valley = torch.exp(-(((t - apart) / 0.15) ** 2)) + torch.exp(-(((t + apart) / 0.15) ** 2))
    return (0.6 - 1.2 * deep * valley + 0.02 * torch.randn(n, length, generator=g)).clamp(-1, 1)


def pistes(n: int, g: torch.Generator) -> tuple[Tensor, Tensor]:
    """Five facts about a day, and how far a sledge would go on each of four slopes, about 0 to 1."""
    fixed = generator(0)
    x = torch.randn(n, 5, generator=g)
    hidden = torch.tanh(x @ torch.randn(5, 8, generator=fixed))
    return x, torch.sigmoid(1.5 * hidden @ torch.randn(8, 4, generator=fixed))


def tongues(n: int, seed: int, valley: int = 0, length: int = 10, sounds: int = 30) -> tuple[Tensor, Tensor]:
    """Words as ids (n, length), and which of four stresses they bear; each valley says some sounds otherwise."""
    g, fixed = generator(seed + 70 * valley), generator(0)
    habit = torch.softmax(1.4 * torch.randn(4, sounds, generator=fixed), 1)
    y = torch.randint(4, (n,), generator=g)
    x = torch.multinomial(habit[y], length, replacement=True, generator=g)
    other = torch.arange(sounds)
    if valley:
        other[:12] = other[:12].roll(1)
    return other[x], y


def pilgrims(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Which of 50 doors of a cathedral, four facts about the day (n, 4), and how many pilgrims came in by it."""
    g, fixed = generator(seed), generator(0)
    door = torch.randint(50, (n,), generator=g)
    x = torch.randn(n, 4, generator=g)
    habit = 0.7 * torch.randn(50, 2, generator=fixed)[door]
    rate = torch.exp(2.0 + habit[:, 0] + 0.4 * torch.tanh(x[:, 0] * habit[:, 1]) + 0.3 * torch.sin(1.5 * x[:, 1]))
    return door, x, torch.poisson(rate, generator=g)


def salinity(n: int, seed: int, length: int = 24, ahead: int = 6) -> tuple[Tensor, Tensor]:
    """How salt a river's mouth is hour by hour (n, length, 1), deviation about 1, and in the next six hours (n, 6)."""
    g = generator(seed)
    t = torch.arange(float(length + ahead)) + 100 * torch.rand(n, 1, generator=g)
    height = 0.6 + 0.8 * torch.rand(n, 1, generator=g)
    x = height * torch.sin(2 * math.pi * t / 12.4) + 0.6 * torch.tanh(2 * torch.sin(2 * math.pi * t / 24.8))
    x = x + 0.15 * torch.randn(n, length + ahead, generator=g)
    return x[:, :length, None], x[:, length:]
