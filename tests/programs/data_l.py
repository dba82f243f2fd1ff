"""Data of the programs of author L: lichens, anvils, mosaics, ovens, kettles, beetles, flutes and others; seeded."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def generator(seed: int) -> torch.Generator:
    """A generator of its own for each set of data."""
    return torch.Generator().manual_seed(118000 + seed)


def bumpy(x: Tensor, which: int, outs: int = 1) -> Tensor:
    """A fixed crooked surface over the columns of x, one for each `which`; about standardised (n, outs)."""
    g = generator(-which)
    first = torch.randn(x.shape[1], 24, generator=g) / math.sqrt(x.shape[1])
    last = torch.randn(24, outs, generator=g) / math.sqrt(24)
    return 1.6 * torch.tanh(1.8 * x @ first + 0.5 * torch.randn(24, generator=g)) @ last


def lichens(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Seven standardised measures of a stone and its place, and how fast the lichen on it grows."""
    g = generator(seed)
    x = torch.randn(n, 7, generator=g)
    return x, bumpy(x, 1)[:, 0] + 0.1 * torch.randn(n, generator=g)


def anvils(n: int, seed: int, makers: int = 5, length: int = 64) -> tuple[Tensor, Tensor]:
    """The ring of an anvil when struck (n, length, 1), and which of five smiths made it."""
    g, at = generator(seed), torch.arange(float(length))
    y = torch.randint(makers, (n,), generator=g)
    tone = torch.tensor([0.35, 0.5, 0.65, 0.8, 0.95])[y][:, None] + 0.02 * torch.randn(n, 1, generator=g)
    begin = 2 * math.pi * torch.rand(n, 1, generator=g)
    x = torch.exp(-at / 30) * torch.sin(tone * at + begin) + 0.25 * torch.randn(n, length, generator=g)
    return x.unsqueeze(2), y


def mosaics(n: int, seed: int, kinds: int = 6, size: int = 12) -> tuple[Tensor, Tensor]:
    """Coloured tiles (n, 3, size, size) of six workshops, each with a little motif that may lie anywhere."""
    g, fixed = generator(seed), generator(-2)
    motif = 1.3 * torch.randn(kinds, 3, 4, 4, generator=fixed)
    y = torch.randint(kinds, (n,), generator=g)
    x = 0.6 * torch.randn(n, 3, size, size, generator=g)
    down = torch.randint(size - 3, (n,), generator=g).tolist()
    right = torch.randint(size - 3, (n,), generator=g).tolist()
    for row in range(n):
        x[row, :, down[row] : down[row] + 4, right[row] : right[row] + 4] += motif[y[row]]
    return x, y


def brooks(n: int, seed: int, kinds: int = 6, length: int = 14) -> tuple[Tensor, Tensor]:
    """A brook's murmur as a row of sounds 1 to 15 (n, length), and which of six brooks; each has pairs of its own."""
    g, fixed = generator(seed), generator(-3)
    pair = torch.randint(1, 16, (kinds, 2), generator=fixed)
    y = torch.randint(kinds, (n,), generator=g)
    x = torch.randint(1, 16, (n, length), generator=g)
    for _ in range(2):
        at = torch.randint(length - 1, (n,), generator=g)
        x[torch.arange(n), at], x[torch.arange(n), at + 1] = pair[y, 0], pair[y, 1]
    return x, y


def ovens(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Kelvin, pascal, grams of dough, seconds, per cent of damp (n, 5); 0 raw, 1 done, 2 burnt."""
    g = generator(seed)
    z = torch.randn(n, 5, generator=g)
    score = z[:, 0] + z[:, 3] + 0.6 * z[:, 0] * z[:, 3] - 0.7 * z[:, 2] + 0.3 * z[:, 4]
    unit, usual = torch.tensor([25.0, 900.0, 150.0, 400.0, 12.0]), torch.tensor([480.0, 101300.0, 800.0, 2400.0, 40.0])
    return usual + unit * z, (score > -0.6).long() + (score > 0.8).long()


def kettles(n: int, seed: int, hours: int = 24) -> tuple[Tensor, Tensor]:
    """The power a house took in each of 24 hours, standardised (n, 24, 1), and the watts of the hour that follows."""
    g, at = generator(seed), torch.arange(float(hours + 1))
    begin, wide = torch.rand(n, 1, generator=g), 0.6 + 0.8 * torch.rand(n, 1, generator=g)
    z = wide * torch.sin(2 * math.pi * (at / 12 + begin)) + 0.5 * torch.cos(2 * math.pi * (at / 8 + 2 * begin))
    z = z + 0.15 * torch.randn(n, hours + 1, generator=g)
    return z[:, :-1].unsqueeze(2), 2100 + 650 * z[:, -1]


def beetles(n: int, seed: int, kinds: int = 5, size: int = 12) -> tuple[Tensor, Tensor]:
    """Beetles from above (n, 1, size, size): spots of five kinds of pattern under dirt."""
    g, fixed = generator(seed), generator(-4)
    shape = (torch.rand(kinds, 6, 6, generator=fixed) < 0.45).float()
    y = torch.randint(kinds, (n,), generator=g)
    x = torch.zeros(n, size, size)
    down, right = torch.randint(7, (n,), generator=g).tolist(), torch.randint(7, (n,), generator=g).tolist()
    for row in range(n):
        x[row, down[row] : down[row] + 6, right[row] : right[row] + 6] = shape[y[row]]
    return (x + 0.25 * torch.randn(n, size, size, generator=g) - 0.2).unsqueeze(1), y


def abacus(n: int, seed: int, length: int = 7, signs: int = 8) -> tuple[Tensor, Tensor]:
    """Beads on the wires of an abacus (n, 7), 0 to 7, and the same wires from the last to the first."""
    x = torch.randint(signs, (n, length), generator=generator(seed))
    return x, x.flip(1)


def flutes(n: int, seed: int, length: int = 48, notes: int = 6) -> tuple[Tensor, Tensor]:
    """Two notes of a flute, one after the other, with breath (n, 1, length), and which of six the second one is."""
    g, at = generator(seed), torch.arange(float(length))
    first, y = torch.randint(notes, (2, n), generator=g)
    turn = length // 2 + torch.randint(-6, 7, (n, 1), generator=g)
    tone = 0.5 + 0.25 * torch.where(at < turn, first[:, None], y[:, None])
    wave = torch.sin(tone * at + 6.28 * torch.rand(n, 1, generator=g))
    return (wave + 0.5 * torch.randn(n, length, generator=g)).unsqueeze(1), y


def kites(n: int, seed: int, kinds: int = 5, size: int = 14) -> tuple[Tensor, Tensor]:
    """Kites before clouds (n, 1, size, size): diamond, square, cross, bar or ring, and which of the five."""
    g = generator(seed)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    at, wide = 4 + 6 * torch.rand(n, 2, 1, 1, generator=g), 2.2 + 1.2 * torch.rand(n, 1, 1, generator=g)
    down, right = (row - at[:, 0]).abs(), (col - at[:, 1]).abs()
    y = torch.randint(kinds, (n,), generator=g)
    forms = [down + right < 1.3 * wide, torch.maximum(down, right) < wide, torch.minimum(down, right) < 0.7]
    forms[2] &= torch.maximum(down, right) < wide
    forms += [(down < 1) & (right < 1.4 * wide), ((down.square() + right.square()).sqrt() - wide).abs() < 0.8]
    sky = torch.nn.functional.interpolate(torch.randn(n, 1, 4, 4, generator=g), size, mode="bilinear")[:, 0]
    x = torch.stack(forms, 1).float()[torch.arange(n), y] + 0.3 * sky + 0.2 * torch.randn(n, size, size, generator=g)
    return x.unsqueeze(1) - 0.2, y


def judges(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Six standardised marks of a dancer, and the sum that the judges gave, standardised."""
    g = generator(seed)
    x = torch.randn(n, 6, generator=g)
    return x, bumpy(x, 5)[:, 0] + 0.15 * torch.randn(n, generator=g)


def melons(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Six standardised measures of a melon, and its weight, standardised; the lightest first."""
    g = generator(seed)
    x = torch.randn(n, 6, generator=g)
    y = bumpy(x, 6)[:, 0] + 0.6 * x[:, 0]
    order = y.argsort()
    return x[order], y[order] + 0.05 * torch.randn(n, generator=g)


def herbs(n: int, seed: int, kinds: int = 6, words: int = 60, length: int = 10) -> tuple[Tensor, Tensor]:
    """Ten tags of a herb from a list of sixty (n, 10), and which of six uses it has; three tags tell."""
    g = generator(seed)
    y = torch.randint(kinds, (n,), generator=g)
    x = torch.randint(words, (n, length), generator=g)
    own = torch.rand(n, length, generator=g) < 0.35
    return torch.where(own, y[:, None] * 10 + torch.randint(10, (n, length), generator=g), x), y


def flags(n: int, seed: int, lands: int = 8, size: int = 10) -> tuple[Tensor, Tensor]:
    """Flags in the wind (n, 3, size, size), and of which of eight lands they are."""
    g, fixed = generator(seed), generator(-7)
    colour = torch.randn(lands, 3, 3, generator=fixed)
    upright = torch.arange(lands) % 2 == 0
    y = torch.randint(lands, (n,), generator=g)
    at = torch.arange(float(size)) + 0.8 * torch.randn(n, 1, generator=g)
    band = (at * 3 / size).long().clamp(0, 2)
    rows = colour[y[:, None], band].transpose(1, 2)
    x = torch.where(upright[y][:, None, None, None], rows[:, :, None, :], rows[:, :, :, None])
    return x + 0.8 * torch.randn(n, 3, size, size, generator=g), y


def hills(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """East and north from -1 to 1 (n, 2), and the height of the land there, standardised."""
    g = generator(seed)
    x = 2 * torch.rand(n, 2, generator=g) - 1
    z = torch.sin(3 * x[:, 0]) * torch.cos(2.5 * x[:, 1]) + 0.8 * torch.exp(-6 * (x - 0.3).square().sum(1))
    return x, 1.6 * (z - 0.15) + 0.03 * torch.randn(n, generator=g)


def shells(n: int, seed: int, kinds: int = 6, columns: int = 12) -> tuple[Tensor, Tensor]:
    """Twelve standardised measures of a shell, and which of six kinds it is; each kind has two forms."""
    g, fixed = generator(seed), generator(-8)
    centre = torch.randn(kinds, 2, columns, generator=fixed)
    y = torch.randint(kinds, (n,), generator=g)
    form = torch.randint(2, (n,), generator=g)
    return (centre[y, form] + 0.7 * torch.randn(n, columns, generator=g)) / 1.2, y


def players(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Five standardised habits of a player, the shots taken in a game (some none at all), and how many of them hit."""
    g = generator(seed)
    x = torch.randn(n, 5, generator=g)
    shots = torch.poisson(torch.full((n,), 4.0), generator=g) * (torch.rand(n, generator=g) > 0.01)
    skill = torch.sigmoid(1.5 * bumpy(x, 9)[:, 0])
    hits = torch.binomial(shots, skill, generator=g)
    return x, shots, hits


def pollen(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Six standardised measures of the weather, and the grains of pollen counted on a slide, some 0 to 20."""
    g = generator(seed)
    x = torch.randn(n, 6, generator=g)
    return x, torch.poisson(torch.exp(1.4 + 0.8 * bumpy(x, 10)[:, 0]).clamp_max(25), generator=g)


def inks(n: int, seed: int, size: int = 16) -> tuple[Tensor, Tensor]:
    """Pages with stains and noise (n, 1, size, size), and the same pages clean: lines of ink, 0 to 1."""
    g = generator(seed)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    clean = torch.zeros(n, size, size)
    for _ in range(3):
        turn = math.pi * torch.rand(n, 1, 1, generator=g)
        at = 3 + 10 * torch.rand(n, 2, 1, 1, generator=g)
        far = (torch.cos(turn) * (row - at[:, 0]) + torch.sin(turn) * (col - at[:, 1])).abs()
        clean = torch.maximum(clean, (far < 0.9).float())
    stain = torch.exp(-((row - 8).square() + (col - 16 * torch.rand(n, 1, 1, generator=g)).square()) / 20)
    dirty = clean + 0.5 * stain + 0.35 * torch.randn(n, size, size, generator=g)
    return dirty.unsqueeze(1), clean.unsqueeze(1)


def quakes(n: int, seed: int, share: float = 0.03) -> tuple[Tensor, Tensor]:
    """Eight standardised readings of a station, and 1 in the few hours before a quake."""
    g = generator(seed)
    x = torch.randn(n, 8, generator=g)
    y = (torch.rand(n, generator=g) < share).float()
    x[:, :4] += y[:, None] * torch.tensor([1.2, -1.0, 0.9, 0.7])
    return x, y


def vases(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """The year of the sale (1985 to 2024) and five marks of a vase (n, 6), and the logarithm of its price."""
    g = generator(seed)
    year = torch.randint(1985, 2025, (n,), generator=g).float()
    x = torch.randn(n, 5, generator=g)
    wave = torch.sin((year - 1985) / 4)
    return torch.cat([year[:, None], x], 1), wave + 0.4 * x[:, 0] * x[:, 1] - 0.4 * x[:, 2] + 0.05 * torch.randn(
        n, generator=g
    )


def winds(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Eight readings of a weather vane and its neighbours, and the direction of the wind as a point on the circle."""
    g = generator(seed)
    turn = 2 * math.pi * torch.rand(n, generator=g)
    way = torch.stack([turn.cos(), turn.sin()], 1)
    mixed = way @ torch.randn(2, 8, generator=generator(-11))
    return torch.tanh(mixed) + 0.02 * torch.randn(n, 8, generator=g), way


def villages(n: int, seed: int, columns: int = 9) -> tuple[Tensor, Tensor]:
    """Nine standardised facts of a village, and its use of water, its births and its harvest, standardised (n, 3)."""
    g = generator(seed)
    x = torch.randn(n, columns, generator=g)
    return x, bumpy(x, 12, 3) + 0.1 * torch.randn(n, 3, generator=g)


def pebbles(n: int, seed: int, many: int = 32) -> Tensor:
    """Colours of pebbles in 32 bands: each a mix of two or three of twelve minerals."""
    g, fixed = generator(seed), generator(-13)
    minerals = torch.randn(12, many, generator=fixed)
    parts = torch.rand(n, 12, generator=g) * (torch.rand(n, 12, generator=g) < 0.2)
    return 1.4 * parts @ minerals + 0.1 * torch.randn(n, many, generator=g)


def papers(seed: int, many: int = 240, groups: int = 8) -> tuple[Tensor, Tensor]:
    """Words of each of 240 papers (n, 20), and who cites whom: pairs (m, 2), mostly within a field."""
    g = generator(seed)
    field = torch.randint(groups, (many,), generator=g)
    x = torch.randn(groups, 20, generator=g)[field] + 1.2 * torch.randn(many, 20, generator=g)
    same = field[:, None] == field
    share = torch.where(same, torch.tensor(0.12), torch.tensor(0.004))
    cites = (torch.rand(many, many, generator=g) < share).triu(1)
    return x, cites.nonzero()


def matches(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Ten standardised facts before a match, and 1 where the home team won; much of it is luck."""
    g = generator(seed)
    x = torch.randn(n, 10, generator=g)
    return x, (torch.rand(n, generator=g) < torch.sigmoid(0.9 * bumpy(x, 14)[:, 0])).float()


def frosts(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Six standardised measures of an evening, and the lowest temperature of the night; some evenings are harder."""
    g = generator(seed)
    x = torch.randn(n, 6, generator=g)
    wide = 0.15 + 0.5 * torch.sigmoid(2 * x[:, 1])
    return x, bumpy(x, 15)[:, 0] + wide * torch.randn(n, generator=g)


def gauge(points: int, seed: int) -> tuple[Tensor, Tensor]:
    """Days, scaled to 0..1, and the standardised level of a lake on them."""
    g = generator(seed)
    at = torch.rand(points, generator=g).sort()[0]
    z = torch.sin(9 * at) + 0.6 * torch.sin(23 * at + 1) + 0.4 * at
    return at.unsqueeze(1), (z - z.mean()) / z.std() + 0.05 * torch.randn(points, generator=g)


def answers(people: int, tasks: int, seed: int) -> Tensor:
    """Who solved which task (people, tasks) as 0 and 1: ability against difficulty."""
    g = generator(seed)
    skill, hard = 1.3 * torch.randn(people, 1, generator=g), 1.2 * torch.randn(tasks, generator=g)
    return (torch.rand(people, tasks, generator=g) < torch.sigmoid(skill - hard)).float()


def swirls(n: int, seed: int, points: int = 12) -> tuple[Tensor, Tensor]:
    """Where a leaf lies on a pond (n, 2), and where it lies at the twelve next looks (n, 12, 2)."""
    g = generator(seed)
    here = 1.6 * torch.rand(n, 2, generator=g) - 0.8
    start, path = here, []
    for _ in range(points):
        for _ in range(4):
            far = here.square().sum(1, keepdim=True)
            here = here + 0.06 * (torch.stack([-here[:, 1], here[:, 0]], 1) * 1.6 + here * (0.6 - far))
        path.append(here)
    return start, torch.stack(path, 1)


def weaves(seed: int, size: int = 24) -> Tensor:
    """One picture of a woven cloth (1, 3, size, size)."""
    g = generator(seed)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    part = [torch.sin(row * (0.7 + 0.3 * i)) * torch.cos(col * (0.9 - 0.2 * i)) for i in range(3)]
    return torch.stack(part).unsqueeze(0) + 0.1 * torch.randn(1, 3, size, size, generator=g)


def leaves_on_water(n: int, seed: int) -> Tensor:
    """Points of five heaps in a ring (n, 2)."""
    g = generator(seed)
    turn = 2 * math.pi * torch.randint(5, (n,), generator=g) / 5
    return torch.stack([turn.cos(), turn.sin()], 1) + 0.12 * torch.randn(n, 2, generator=g)


def shutters(n: int, seed: int, size: int = 4) -> Tensor:
    """House fronts of 4 by 4 windows as 0 and 1 (n, 16): whole floors are open, or whole columns; few exceptions."""
    g = generator(seed)
    lines = torch.randint(2, (n, size, 1), generator=g).float().expand(n, size, size)
    upright = torch.rand(n, 1, 1, generator=g) < 0.5
    fronts = torch.where(upright, lines.transpose(1, 2), lines).reshape(n, size * size)
    return (fronts - (torch.rand(n, size * size, generator=g) < 0.01).float()).abs()


def looms(n: int, seed: int, length: int = 48) -> tuple[Tensor, Tensor]:
    """The pull on warp and weft over 48 picks (n, 2, length), and which of four cloths is woven."""
    g, at = generator(seed), torch.arange(float(length))
    y = torch.randint(4, (n,), generator=g)
    every, behind = torch.tensor([4.0, 4.0, 6.0, 6.0])[y][:, None], torch.tensor([0.0, 1.5, 0.0, 1.5])[y][:, None]
    turn = 2 * math.pi * (at + length * torch.rand(n, 1, generator=g)) / every
    x = torch.stack([torch.sin(turn), torch.sin(turn - behind)], 1)
    return x + 1.1 * torch.randn(n, 2, length, generator=g), y
