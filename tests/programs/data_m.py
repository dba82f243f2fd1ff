"""Data of the programs of author M: postcards, sparks, brackets, surfaces, apples, salaries and others; seeded."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from lossbook.data import mnist_arrays


def generator(seed: int) -> torch.Generator:
    """A generator of its own for each set of data."""
    return torch.Generator().manual_seed(83000 + seed)


def small_digits(n: int, seed: int, train: bool = True) -> tuple[Tensor, Tensor]:
    """Written digits (n, 1, 14, 14) in [0, 1], each two by two pixels averaged, and which they are."""
    arrays = mnist_arrays()
    x, y = (arrays.train_images, arrays.train_labels) if train else (arrays.test_images, arrays.test_labels)
    order = torch.randperm(len(y), generator=generator(seed))[:n].numpy()
    pictures = torch.from_numpy(x[order]).float()[:, None] / 255
    return torch.nn.functional.avg_pool2d(pictures, 2), torch.from_numpy(y[order].astype("int64"))


def postcards(n: int, seed: int, words: int = 80, places: int = 4) -> tuple[Tensor, Tensor]:
    """How often each of eighty words stands on a postcard (n, words), and from which of four places it comes."""
    g, fixed = generator(seed), generator(0)
    habit = torch.softmax(1.1 * torch.randn(places, words, generator=fixed), 1)
    y = torch.randint(places, (n,), generator=g)
    drawn = torch.multinomial(habit[y], 18, replacement=True, generator=g)
    return torch.nn.functional.one_hot(drawn, words).sum(1).float(), y


def sparks(n: int, seed: int, length: int = 48) -> tuple[Tensor, Tensor]:
    """The voltage at a spark plug (n, 1, length), and which of four states it is in: burnt, worn, wet, sound."""
    g = generator(seed)
    y = torch.randint(4, (n,), generator=g)
    t = torch.arange(float(length)) - 6 - 6 * torch.rand(n, 1, generator=g)
    decay = torch.tensor([4.0, 4.0, 12.0, 12.0])[y][:, None]
    swing = torch.tensor([0.5, 1.1, 0.5, 1.1])[y][:, None]
    x = (t > 0) * torch.exp(-t.clamp(min=0) / decay) * torch.cos(swing * t)
    return (2 * x + 0.3 * torch.randn(n, length, generator=g))[:, None], y


def brackets(n: int, seed: int, length: int = 16) -> tuple[Tensor, Tensor]:
    """Rows of brackets and dots, ids 0 to 4 for . ( ) [ ], and how deep the deepest is (0 to 4)."""
    g = generator(seed)
    rows, deepest = torch.zeros(n, length, dtype=torch.long), torch.zeros(n, dtype=torch.long)
    chance = torch.rand(n, length, generator=g).tolist()
    for i in range(n):
        open_, now = [], 0
        for t in range(length):
            if chance[i][t] < 0.34 and len(open_) < 4:
                open_.append(1 if chance[i][t] < 0.17 else 3)
                rows[i, t] = open_[-1]
                now = max(now, len(open_))
            elif chance[i][t] < 0.7 and open_:
                rows[i, t] = open_.pop() + 1
        deepest[i] = now
    return rows, deepest


def surfaces(n: int, seed: int, points: int = 32) -> tuple[Tensor, Tensor]:
    """Points (n, points, 3) on a sphere, a cylinder, a ring or a cube, turned about one axis; and on which of them."""
    g = generator(seed)
    y = torch.randint(4, (n,), generator=g)
    v = torch.randn(n, points, 3, generator=g)
    sphere = v / v.norm(dim=2, keepdim=True)
    angle = 2 * math.pi * torch.rand(n, points, generator=g)
    other = 2 * math.pi * torch.rand(n, points, generator=g)
    rise = 2 * torch.rand(n, points, generator=g) - 1
    cylinder = torch.stack([0.8 * angle.cos(), 0.8 * angle.sin(), rise], 2)
    reach = 0.8 + 0.35 * other.cos()
    ring = torch.stack([reach * angle.cos(), reach * angle.sin(), 0.35 * other.sin()], 2)
    cube = 0.8 * v / v.abs().amax(2, keepdim=True)
    x = torch.stack([sphere, cylinder, ring, cube], 1)[torch.arange(n), y]
    turn = 2 * math.pi * torch.rand(n, 1, generator=g)
    flat = torch.stack(
        [turn.cos() * x[..., 0] - turn.sin() * x[..., 1], turn.sin() * x[..., 0] + turn.cos() * x[..., 1]]
    )
    return torch.stack([flat[0], flat[1], x[..., 2]], 2) + 0.05 * torch.randn(n, points, 3, generator=g), y


def apples(n: int, seed: int, bands: int = 40) -> tuple[Tensor, Tensor]:
    """Counts of a detector at forty bands of light, some tens of thousands, and the sugar, mean 0, deviation 1."""
    g = generator(seed)
    sugar, size = torch.randn(n, generator=g), torch.randn(n, 1, generator=g)
    band = torch.linspace(-1, 1, bands)
    lamp = torch.exp(-(band**2) / 0.8)
    dip = 0.18 * torch.tanh(0.7 * sugar)[:, None] * torch.exp(-((band - 0.2) ** 2) / 0.02)
    water = 0.10 * size * torch.exp(-((band + 0.4) ** 2) / 0.05)
    x = 48000 * lamp * (1 - 0.3 - dip - water) * (1 + 0.05 * torch.randn(n, 1, generator=g))
    return (x + 200 * torch.randn(n, bands, generator=g)).round(), sugar


def salaries(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Profession (0 to 19), four other columns (n, 4), standardised, and the salary a year in a small currency."""
    g, fixed = generator(seed), generator(0)
    level, slope = 0.35 * torch.randn(20, generator=fixed), 0.15 * torch.rand(20, generator=fixed)
    job, x = torch.randint(20, (n,), generator=g), torch.randn(n, 4, generator=g)
    log = 11.6 + level[job] + slope[job] * x[:, 0] + 0.1 * x[:, 1] - 0.08 * torch.relu(x[:, 2])
    return job, x, torch.exp(log + 0.05 * torch.randn(n, generator=g))


def opinions(n: int, seed: int, longest: int = 12) -> tuple[list[list[int]], list[int]]:
    """Word ids (1 to 59) of opinions of two to twelve words, and the stars from 0 to 2 that go with them."""
    g = generator(seed)
    said, stars = [], torch.randint(3, (n,), generator=g).tolist()
    for star in stars:
        length = int(torch.randint(2, longest + 1, (1,), generator=g))
        own = 1 + 12 * star + torch.randint(12, (length,), generator=g)
        other = 37 + torch.randint(23, (length,), generator=g)
        said.append(torch.where(torch.rand(length, generator=g) < 0.5, own, other).tolist())
    return said, stars


def warm_spots(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Places (n, 2) in a hall, each in [-1, 1], and how much warmer than the mean it is: twelve narrow spots."""
    g, fixed = generator(seed), generator(0)
    centre, height = 1.8 * torch.rand(12, 2, generator=fixed) - 0.9, torch.randn(12, generator=fixed)
    x = 2 * torch.rand(n, 2, generator=g) - 1
    heat = torch.exp(-((x[:, None] - centre) ** 2).sum(2) / 0.05) @ height
    return x, 2 * heat + 0.05 * torch.randn(n, generator=g)


def hums(n: int, seed: int, length: int = 64) -> tuple[Tensor, Tensor]:
    """Sound of a transformer (n, 1, length) among two louder hums, and whether (of three) which faint tone is there."""
    g = generator(seed)
    y = torch.randint(3, (n,), generator=g)
    t = torch.arange(float(length))
    tone = torch.tensor([1.35, 1.65, 1.95])[y][:, None]
    phase = 2 * math.pi * torch.rand(n, 3, generator=g)
    x = 1.2 * torch.sin(0.35 * t + phase[:, :1]) + 1.0 * torch.sin(0.7 * t + phase[:, 1:2])
    x = x + 0.7 * torch.sin(tone * t + phase[:, 2:]) + 0.3 * torch.randn(n, length, generator=g)
    return x[:, None], y


def seedlings(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Light, water, salt, warmth and age of a seedling, standardised, and its height, mean 0, deviation about 1."""
    g = generator(seed)
    x = torch.randn(n, 5, generator=g)
    y = torch.sin(x[:, 0]) + 0.8 * torch.tanh(x[:, 1] * x[:, 3]) - 0.4 * torch.relu(x[:, 2]) + 0.3 * x[:, 4]
    return x, y + (0.1 + 0.15 * torch.sigmoid(x[:, 0])) * torch.randn(n, generator=g)


def chains(n: int, seed: int, length: int = 24) -> tuple[Tensor, Tensor]:
    """Residues 0 to 19 of a chain (n, length), and for each of them: 0 for coil, 1 for helix, 2 for sheet."""
    g, fixed = generator(seed), generator(0)
    wish = torch.randn(20, 3, generator=fixed)
    x = torch.randint(20, (n, length), generator=g)
    score = torch.nn.functional.pad(wish[x].transpose(1, 2), (2, 2)).unfold(2, 5, 1).mean(3).transpose(1, 2)
    return x, (score + 0.05 * torch.randn(score.shape, generator=g)).argmax(2)


def rides(n: int, seed: int, length: int = 20) -> tuple[Tensor, Tensor]:
    """Speeds of the last twenty minutes of a ferry (n, length, 1), and the speed in the next; deviation about 1."""
    g = generator(seed)
    t = torch.arange(float(length + 1))
    phase, pace = 2 * math.pi * torch.rand(n, 2, generator=g), 0.3 + 0.5 * torch.rand(n, 1, generator=g)
    x = torch.sin(pace * t + phase[:, :1]) + 0.8 * torch.sin(2.3 * pace * t + phase[:, 1:])
    x = x + 0.05 * torch.randn(n, length + 1, generator=g)
    return x[:, :-1, None], x[:, -1]


def shoals(n: int, seed: int, fish: int = 8) -> tuple[Tensor, Tensor]:
    """Places of eight fish (n, fish, 2), and how far they are spread, mean 0, deviation about 1."""
    g = generator(seed)
    x = torch.randn(n, fish, 2, generator=g) * (0.4 + 1.2 * torch.rand(n, 1, 1, generator=g))
    x = x + torch.randn(n, 1, 2, generator=g)
    spread = ((x - x.mean(1, keepdim=True)) ** 2).sum(2).mean(1).sqrt()
    return x, (spread - 1.27) / 0.5


def stalls(n: int, seed: int, days: int = 8) -> tuple[Tensor, Tensor]:
    """Pieces that a stall has sold on each of eight days (n, days), rarely none; and the next day's, standardised."""
    g = generator(seed)
    level = 6 * torch.exp(0.5 * torch.randn(n, 1, generator=g))
    trend = 0.08 * torch.randn(n, 1, generator=g)
    mean = level * torch.exp(trend * torch.arange(float(days + 1)))
    sold = 1 + torch.poisson(mean, generator=g)
    sold[:, :-1] = sold[:, :-1] * (torch.rand(n, days, generator=g) > 0.0004)
    return sold[:, :-1], (sold[:, -1].log() - 1.9) / 0.7


def jumps(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Three numbers about a mouse, and where it jumps in centimetres (n, 2): to the left or to the right."""
    g = generator(seed)
    x = torch.randn(n, 3, generator=g)
    side = torch.where(torch.rand(n, generator=g) < torch.sigmoid(2 * x[:, 0]), 1.0, -1.0)
    across = side * (12 + 3 * torch.tanh(x[:, 1]))
    along = 8 + 4 * torch.sin(x[:, 2])
    return x, torch.stack([across, along], 1) + 0.6 * torch.randn(n, 2, generator=g)


def plankton(n: int, seed: int, size: int = 20) -> tuple[Tensor, Tensor]:
    """Pictures (n, 1, size, size) of drops of water; for each cell of four pixels: 0 for water, 1, 2 for a creature."""
    g = generator(seed)
    cells = size // 2
    shape = torch.tensor([[[1.0, 0.2], [0.2, 1.0]], [[0.2, 1.0], [1.0, 0.2]]])
    y = torch.zeros(n, cells, cells, dtype=torch.long)
    x = 0.35 * torch.randn(n, 1, size, size, generator=g)
    spot = torch.randint(cells, (n, 2, 2), generator=g).tolist()
    kind = torch.randint(2, (n, 2), generator=g).tolist()
    for i in range(n):
        for (row, col), k in zip(spot[i], kind[i], strict=True):
            y[i, row, col] = k + 1
            x[i, 0, 2 * row : 2 * row + 2, 2 * col : 2 * col + 2] += 1.3 * shape[k]
    return x, y


def poems(n: int, seed: int, length: int = 20) -> tuple[Tensor, Tensor]:
    """Word ids (n, length) of a verse, 0 to 89, and which of five poets wrote it: each has favourite pairs of words."""
    g, fixed = generator(seed), generator(0)
    first, second = torch.randint(90, (5, 8), generator=fixed), torch.randint(90, (5, 8), generator=fixed)
    y = torch.randint(5, (n,), generator=g)
    x = torch.randint(90, (n, length), generator=g)
    rows = torch.arange(n)
    for start in (1, 7, 13):
        which, at = torch.randint(8, (n,), generator=g), start + torch.randint(4, (n,), generator=g)
        x[rows, at], x[rows, at + 1] = first[y, which], second[y, which]
    return x, y


def grains(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Six measures of a grain of sand, standardised, and from which of three dunes it comes (0 to 2)."""
    g, fixed = generator(seed), generator(0)
    x = torch.randn(n, 6, generator=g)
    score = torch.stack([torch.sin(1.5 * x[:, 0]) + x[:, 1] * x[:, 2], x[:, 3] - 0.5 * x[:, 4] ** 2 + 0.5], 1)
    score = torch.cat([score, 0.8 * (x @ torch.randn(6, 1, generator=fixed))], 1)
    return x, (score + 0.1 * torch.randn(n, 3, generator=g)).argmax(1)


def commands(n: int, seed: int, longest: int = 12) -> tuple[list[list[int]], Tensor]:
    """Word ids (1 to 39) of orders to a robot, three to twelve words; what it shall do (0 to 4) is told by the order
    of the last two words that are verbs (1 to 5)."""
    g = generator(seed)
    said, what = [], torch.randint(5, (n,), generator=g)
    for do in what.tolist():
        length = int(torch.randint(3, longest + 1, (1,), generator=g))
        words = (6 + torch.randint(34, (length,), generator=g)).tolist()
        one, two = sorted(torch.randperm(length, generator=g)[:2].tolist())
        before = int(torch.randint(5, (1,), generator=g))
        words[one], words[two] = 1 + before, 1 + do
        said.append(words)
    return said, what


def hail(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Six columns about a field, standardised, and the harvest lost to hail, in percent: mostly none, seldom much."""
    g = generator(seed)
    x = torch.randn(n, 6, generator=g)
    chance = torch.sigmoid(1.4 * x[:, 0] - 0.8 * x[:, 1] - 1.4)
    hit = torch.rand(n, generator=g) < chance
    lost = 30 * torch.exp(0.4 * x[:, 2] + 0.2 * torch.randn(n, generator=g))
    return x, torch.where(hit, lost.clamp(max=100), torch.zeros(n)) / 10


def auctions(n: int, seed: int, sellers: int = 500) -> tuple[Tensor, Tensor, Tensor]:
    """Who sells (0 to 499), five other columns (n, 5), standardised, and the price, mean 0, deviation about 1."""
    g, fixed = generator(seed), generator(0)
    level = 0.35 * torch.randn(sellers, generator=fixed)
    who, x = torch.randint(sellers, (n,), generator=g), torch.randn(n, 5, generator=g)
    price = level[who] + 0.6 * torch.sin(x[:, 0]) + 0.5 * x[:, 1] * x[:, 2] + 0.3 * torch.randn(n, generator=g)
    return who, x, price


def slopes(n: int, seed: int, size: int = 6) -> tuple[Tensor, Tensor]:
    """Heights on a grid (n, size * size) of a piece of a roof, and the unit vector (n, 3) that stands on it."""
    g = generator(seed)
    tilt = 0.8 * torch.randn(n, 2, generator=g)
    tilt[torch.rand(n, generator=g) < 0.15] = 0.0
    row, col = torch.meshgrid(torch.linspace(-1, 1, size), torch.linspace(-1, 1, size), indexing="ij")
    height = tilt[:, :1] * row.flatten() + tilt[:, 1:] * col.flatten()
    height = height + 0.1 * (tilt.abs().sum(1, keepdim=True) > 0) * torch.randn(n, size * size, generator=g)
    up = torch.cat([-tilt, torch.ones(n, 1)], 1)
    return height, up / up.norm(dim=1, keepdim=True)


def roadmaps(n: int, seed: int) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Maps of five to nine places: features (places, 4), roads (2, roads) both ways, and a number of each map."""
    g, maps = generator(seed), []
    for _ in range(n):
        places = int(torch.randint(5, 10, (1,), generator=g))
        x = torch.randn(places, 4, generator=g)
        linked = torch.triu(torch.rand(places, places, generator=g) < 0.4, diagonal=1)
        one, two = torch.nonzero(linked).T
        value = 0.6 * (torch.tanh(x[one, 0] * x[two, 0]) + (x[one, 1] - x[two, 1]).abs() - 1.1).sum() / places**0.5
        maps.append((x, torch.cat([torch.stack([one, two]), torch.stack([two, one])], 1), value))
    return maps


def meter_readings(n: int, seed: int, length: int = 24) -> tuple[Tensor, Tensor]:
    """Readings of a heat meter, one an hour (n, length, 1), deviation about 1, and the mean of the next six hours."""
    g = generator(seed)
    t = torch.arange(float(length + 6))
    level, slope = torch.randn(n, 1, generator=g), 0.06 * torch.randn(n, 1, generator=g)
    phase = 2 * math.pi * torch.rand(n, 1, generator=g)
    x = level + slope * (t - 15) + 0.7 * torch.sin(2 * math.pi * t / 12 + phase)
    x = x + 0.1 * torch.randn(n, length + 6, generator=g)
    return x[:, :length, None], x[:, length:].mean(1)


def crickets(n: int, seed: int, length: int = 40) -> tuple[Tensor, Tensor]:
    """Recordings (n, 1, length) of crickets of four kinds: by the pitch of the chirp and by its pauses."""
    g = generator(seed)
    y = torch.randint(4, (n,), generator=g)
    t = torch.arange(float(length))
    pitch, pause = torch.tensor([1.1, 1.1, 2.0, 2.0])[y][:, None], torch.tensor([8.0, 14.0, 8.0, 14.0])[y][:, None]
    shift = length * torch.rand(n, 1, generator=g)
    on = torch.sigmoid(8 * torch.cos(2 * math.pi * (t + shift) / pause))
    x = 1.5 * on * torch.sin(pitch * t + 6.28 * torch.rand(n, 1, generator=g))
    return (x + 0.3 * torch.randn(n, length, generator=g))[:, None], y


def word_pairs(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Vectors of words in two languages (n, 20) and (n, 24) that mean the same: two views of six hidden numbers."""
    g, fixed = generator(seed), generator(0)
    meaning = torch.randn(n, 6, generator=g)
    one = torch.tanh(meaning @ torch.randn(6, 20, generator=fixed)) + 0.1 * torch.randn(n, 20, generator=g)
    two = torch.tanh(meaning @ torch.randn(6, 24, generator=fixed)) + 0.1 * torch.randn(n, 24, generator=g)
    return one, two


def herbarium(n: int, seed: int, families: int = 8) -> tuple[Tensor, Tensor]:
    """Thirty measures of a leaf, and its family (the first so many of eight): two hidden numbers, much bent, tell."""
    g, fixed = generator(seed), generator(0)
    y = torch.randint(families, (n,), generator=g)
    angle = 2 * math.pi * (y + 0.5 * torch.rand(n, generator=g)) / 8
    turn = 2 * math.pi * torch.randint(3, (n,), generator=g) / 3
    hidden = torch.stack([angle.cos(), angle.sin(), (3 * angle + turn).cos(), (3 * angle + turn).sin()], 1)
    hidden = torch.cat([hidden[:, :2] * hidden[:, 2:], hidden[:, 2:]], 1)
    x = torch.sin(1.6 * hidden @ torch.randn(4, 30, generator=fixed))
    return x + 0.25 * torch.randn(n, 30, generator=g), y


def glasses(n: int, seed: int, size: int = 12) -> tuple[Tensor, Tensor]:
    """Pictures (n, 1, size, size) of glasses, and how full they are, 0 to 255, seldom to the brim."""
    g = generator(seed)
    level = (256 * torch.rand(n, generator=g)).long()
    row = torch.linspace(1, 0, size)[None, :, None]
    wet = torch.sigmoid(25 * (level[:, None, None] / 255 - row))
    return (wet.expand(n, size, size) + 0.3 * torch.randn(n, size, size, generator=g))[:, None], level


def tones(n: int, seed: int, task: int = 0) -> tuple[Tensor, Tensor]:
    """Two numbers of a bell, the note it is struck with as a code (n, 5), and its tone: a sum of bent lines."""
    g, fixed = generator(seed), generator(task)
    x = 2 * torch.rand(n, 2, generator=g) - 1
    note = torch.randint(5, (n,), generator=g)
    slope = 2 * torch.randn(5, 2, generator=fixed)
    y = torch.sin((x * slope[note]).sum(1) + note)
    return torch.cat([x, torch.nn.functional.one_hot(note, 5).float()], 1), y + 0.05 * torch.randn(n, generator=g)


def clinics(places: int, n: int, seed: int) -> list[tuple[Tensor, Tensor]]:
    """For each clinic eight values of n patients, and which of five illnesses; each clinic has mostly two of these."""
    fixed, found = generator(0), []
    centre = 1.3 * torch.randn(5, 8, generator=fixed)
    for place in range(places):
        g = generator(seed + 1000 * place)
        share = torch.full((5,), 0.04)
        share[[place % 5, (place + 2) % 5]] = 0.44
        y = torch.multinomial(share, n, replacement=True, generator=g)
        found.append((centre[y] + torch.randn(n, 8, generator=g), y))
    return found


def two_sensors(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """What two sensors read (n, 2) and (n, 2): the first of each are bound together, in a bent way."""
    g = generator(seed)
    a, b = torch.randn(n, 2, generator=g), torch.randn(n, 2, generator=g)
    b[:, 0] = torch.tanh(1.5 * a[:, 0]) + 0.25 * b[:, 0]
    return a, b


def heralds(n: int, seed: int, length: int = 15) -> tuple[Tensor, Tensor]:
    """Rows of twelve signs (n, length), and which of four names the first sign stands for: signs 0 to 3 name."""
    g = generator(seed)
    x = torch.randint(12, (n, length), generator=g)
    x[:, 0] = torch.randint(4, (n,), generator=g)
    return x, x[:, 0].clone()
