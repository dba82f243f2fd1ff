"""Data of the programs of author T: chairlifts, gills, orchards, reeds, bowls, ropes, swifts and others; seeded."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def generator(seed: int) -> torch.Generator:
    """A generator of its own for each set of data."""
    return torch.Generator().manual_seed(127000 + seed)


def chairs(n: int, seed: int, length: int = 24) -> tuple[Tensor, Tensor]:
    """Shaking of a chair past the masts (n, length, 3), deviation about 1, and which of four pulleys is loose."""
    g = generator(seed)
    y = torch.randint(4, (n,), generator=g)
    t = torch.arange(float(length))
    at = 3 + (length - 6) * torch.rand(n, 1, generator=g)
    burst = torch.exp(-((t - at) ** 2) / 5) * torch.where(y % 2 == 0, 2.6, -2.6)[:, None]
    x = 0.8 * torch.randn(n, length, 3, generator=g)
    x[:, :, 0] += burst * (y < 2)[:, None]
    x[:, :, 1] += burst * (y >= 2)[:, None]
    return x, y


def meltwater(n: int, seed: int, hours: int = 24) -> tuple[Tensor, Tensor]:
    """Warmth and rain of the last hours on a glacier (n, hours, 2) and the water in its brook, all standardised."""
    g = generator(seed)
    day = 2 * math.pi * (torch.arange(float(hours)) / 24 + torch.rand(n, 1, generator=g))
    warm = torch.randn(n, 1, generator=g) + day.sin() + 0.3 * torch.randn(n, hours, generator=g)
    rain = (torch.rand(n, hours, generator=g) < 0.12) * torch.rand(n, hours, generator=g) * 4
    back = torch.arange(float(hours)).flip(0)
    flow = (torch.relu(warm) * torch.exp(-back / 5)).sum(1) / 5 + (rain * torch.exp(-back / 2)).sum(1) / 2
    flow = flow + 0.05 * torch.randn(n, generator=g)
    return torch.stack([warm / 1.25, (rain - 0.24) / 0.8], 2), (flow - 0.85) / 0.7


def gills(n: int, seed: int, size: int = 16) -> tuple[Tensor, Tensor]:
    """Pictures (n, 1, size, size) of a mushroom from below, and whether it has rays, rings or one of two spirals."""
    g = generator(seed)
    y = torch.randint(4, (n,), generator=g)
    axis = torch.arange(float(size)) - (size - 1) / 2
    down, across = torch.meshgrid(axis, axis, indexing="ij")
    far, angle = (down**2 + across**2).sqrt(), torch.atan2(down, across)
    rays = torch.tensor([6.0, 0.0, 4.0, 4.0])[y][:, None, None]
    bend = torch.tensor([0.0, 1.5, 0.7, -0.7])[y][:, None, None]
    phase = 2 * math.pi * torch.rand(n, 1, 1, generator=g)
    x = torch.cos(rays * angle + bend * far + phase) * (far < size / 2)
    return (x + 1.2 * torch.randn(n, size, size, generator=g))[:, None] / 1.4, y


def orchard(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Eight columns about a pear tree (n, 8) and its yield of the year, both standardised."""
    g = generator(seed)
    x = torch.randn(n, 8, generator=g)
    y = 0.8 * x[:, 0] + 0.6 * torch.sin(2 * x[:, 1]) + 0.5 * x[:, 2] * x[:, 3] - 0.4 * x[:, 4].abs()
    return x, (y + 0.32 + 0.15 * torch.randn(n, generator=g)) / 1.1


def sleeves(n: int, seed: int, columns: int = 40) -> tuple[Tensor, Tensor]:
    """Measures of a jacket (n, columns), standardised, and which of four tailors has cut its sleeves."""
    g, fixed = generator(seed), generator(-1)
    middle = 0.42 * torch.randn(4, columns, generator=fixed)
    y = torch.randint(4, (n,), generator=g)
    return middle[y] + torch.randn(n, columns, generator=g), y


def locomotives(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Pressure (Pa), turns a minute, heat (K), grate (m2), year built and coal (kg), as noted; how well it pulls."""
    g = generator(seed)
    z = torch.randn(n, 6, generator=g)
    middle = torch.tensor([1.3e6, 180.0, 560.0, 3.1, 1922.0, 4200.0])
    spread = torch.tensor([2.2e5, 45.0, 40.0, 0.6, 9.0, 900.0])
    y = z[:, 0] - 0.7 * z[:, 1] ** 2 + z[:, 2] * z[:, 3] + 0.8 * torch.tanh(2 * z[:, 4]) - 0.5 * z[:, 5]
    return middle + spread * z, y + 0.1 * torch.randn(n, generator=g)


def reeds(n: int, seed: int, bins: int = 48) -> tuple[dict[str, Tensor], Tensor]:
    """Spectra of accordion reeds (bins,) by the name of their file, and which of five makers made number i."""
    g, fixed = generator(seed), generator(-1)
    loud = 0.5 + 1.5 * torch.rand(5, 6, generator=fixed)
    y = torch.randint(5, (n,), generator=g)
    first = 5 + 2 * torch.rand(n, 1, 1, generator=g)
    place = first * torch.arange(1.0, 7.0)[None, :, None]
    tall = loud[y] * torch.exp(0.15 * torch.randn(n, 6, generator=g))
    x = (tall[..., None] * torch.exp(-((torch.arange(float(bins)) - place) ** 2) / 2)).sum(1)
    x = x - 0.5 + 0.15 * torch.randn(n, bins, generator=g)
    return {f"reed_{i}.npy": row for i, row in enumerate(x)}, y


def bowls(n: int, seed: int, points: int = 40) -> Tensor:
    """Profiles of bowls from foot to rim (n, points), in units of about 1: five things vary."""
    g = generator(seed)
    h = torch.linspace(0, 1, points)
    a = torch.randn(n, 5, 1, generator=g)
    rim = torch.sigmoid(20 * (h - 0.85 - 0.03 * a[:, 3]))
    x = 0.7 * a[:, 0] + 0.6 * a[:, 1] * (h - 0.5) * 3 + 0.5 * torch.sin(3.1 * h * (1.5 + 0.4 * a[:, 2]))
    return x + (0.5 + 0.4 * a[:, 4]) * rim - 0.3 + 0.03 * torch.randn(n, points, generator=g)


def rope_ends(n: int, seed: int, length: int = 16) -> tuple[Tensor, Tensor]:
    """How a rope goes over and under (n, length): first which end (0 to 3), then 4 to 11; and the end again."""
    g = generator(seed)
    y = torch.randint(4, (n,), generator=g)
    x = 4 + torch.randint(8, (n, length), generator=g)
    x[:, 0] = y
    return x, y


def swifts(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Sun, wind and hunger of a swift (n, 6), standardised, and the direction in which it leaves (n, 3), length 1."""
    g = generator(seed)
    x = torch.randn(n, 6, generator=g)
    way = torch.stack([x[:, 0] + x[:, 3], x[:, 1] - 0.7 * x[:, 4], torch.tanh(x[:, 2] * x[:, 5]) + 0.5], 1)
    way = way + 0.15 * torch.randn(n, 3, generator=g)
    return x, way / way.norm(dim=1, keepdim=True)


def crevasses(n: int, seed: int, size: int = 16) -> tuple[Tensor, Tensor]:
    """Radar pictures of a glacier (n, 1, size, size) and where its crevasse is (0 or 1, the same shape)."""
    g = generator(seed)
    axis = torch.arange(float(size)) - (size - 1) / 2
    down, across = torch.meshgrid(axis, axis, indexing="ij")
    turn = math.pi * torch.rand(n, 1, 1, generator=g)
    off = 5 * (2 * torch.rand(n, 1, 1, generator=g) - 1)
    far = down * turn.cos() + across * turn.sin() - off + 0.8 * torch.sin(0.5 * across)
    mask = (far.abs() < 1.3).float()
    slope = 0.08 * (down + across) * torch.randn(n, 1, 1, generator=g)
    x = 1.6 * mask - 0.3 + slope + 0.6 * torch.randn(n, size, size, generator=g)
    return x[:, None], mask[:, None]


def print_marks(n: int, seed: int, size: int = 16) -> tuple[Tensor, Tensor]:
    """Pictures of a cross in the margin of a sheet (n, 1, size, size), and how far it is off, right and down (n, 2)."""
    g = generator(seed)
    off = 2 * torch.rand(n, 2, generator=g) - 1
    axis = torch.arange(float(size)) - (size - 1) / 2
    across = torch.exp(-((axis - 4.5 * off[:, :1]) ** 2) / 1.5)
    down = torch.exp(-((axis - 4.5 * off[:, 1:]) ** 2) / 1.5)
    x = torch.maximum(across[:, None, :], down[:, :, None])
    return (x - 0.25 + 0.2 * torch.randn(n, size, size, generator=g))[:, None] / 0.4, off


def hut_books(n: int, seed: int, words: int = 90, length: int = 12) -> tuple[Tensor, Tensor]:
    """Words of an entry in the book of a mountain hut (n, length), hut after hut, and which of five huts it is."""
    g, fixed = generator(seed), generator(-1)
    habit = torch.softmax(1.2 * torch.randn(5, words, generator=fixed), 1)
    y = torch.arange(n) * 5 // n
    return torch.multinomial(habit[y], length, replacement=True, generator=g), y


def whistles(n: int, seed: int, length: int = 20) -> tuple[Tensor, Tensor]:
    """Pitch and loudness of a steam whistle (n, length, 2): which of four signals: up, down, up and down, even."""
    g = generator(seed)
    y = torch.randint(4, (n,), generator=g)
    t = torch.linspace(-1, 1, length)
    shape = torch.stack([t, -t, 1 - 2 * t.abs(), 0 * t])[y]
    pitch = 1.3 * shape + 0.4 * torch.randn(n, 1, generator=g) + 0.35 * torch.randn(n, length, generator=g)
    loud = torch.randn(n, 1, generator=g) + 0.5 * torch.randn(n, length, generator=g)
    return torch.stack([pitch, loud], 2), y


def beacons(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Seconds since 1970 (n,), in double precision, mist (n,), and how bright a lighthouse of twenty seconds was."""
    g = generator(seed)
    when = 1.7e9 + 172800 * torch.rand(n, generator=g, dtype=torch.float64)
    mist = torch.randn(n, generator=g)
    turn = (2 * math.pi * (when % 20) / 20).float()
    flash = torch.exp(3 * (torch.cos(turn) - 1)) + 0.7 * torch.exp(3 * (torch.cos(turn - 1.9) - 1))
    seen = (flash - 0.35) * (1.8 - 0.9 * torch.tanh(mist)) - 0.4 * mist
    return when, mist, seen + 0.05 * torch.randn(n, generator=g)


def crossings(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Ten columns about a crossing (n, 10), standardised; the seconds it was late; at which of four piers it lands."""
    g, fixed = generator(seed), generator(-1)
    x = torch.randn(n, 10, generator=g)
    late = 400 * (0.7 * x[:, 0] + 0.5 * x[:, 1] * x[:, 2] + 0.4 * torch.relu(x[:, 3])) + 300
    to_pier = torch.randn(10, 4, generator=fixed)
    score = x @ to_pier + 1.5 * torch.sin(2 * x[:, 4:8])
    return x, late + 60 * torch.randn(n, generator=g), (score + 0.3 * torch.randn(n, 4, generator=g)).argmax(1)


def loaves(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Customer (0 to 39), loaf (40 to 69) and day (70 to 76) of a bakery (n, 3), and how much it was liked."""
    g, fixed = generator(seed), generator(-1)
    who, what = torch.randn(40, 3, generator=fixed), torch.randn(30, 3, generator=fixed)
    i, j, day = (torch.randint(k, (n,), generator=g) for k in (40, 30, 7))
    alone = 0.4 * torch.randn(77, generator=fixed)
    y = alone[i] + alone[40 + j] + alone[70 + day] + (who[i] * what[j]).sum(1) / 1.7
    return torch.stack([i, 40 + j, 70 + day], 1), y + 0.1 * torch.randn(n, generator=g)


def fragments(n: int, seed: int, pieces: int = 6) -> tuple[Tensor, Tensor]:
    """Places of the six pieces of a comet (n, pieces, 3), and a number that tells how tightly they hold together."""
    g = generator(seed)
    x = torch.randn(n, pieces, 3, generator=g)
    stretched = x * torch.tensor([1.5, 1.0, 0.4])
    far = torch.cdist(stretched, stretched) + 1e3 * torch.eye(pieces)
    y = torch.exp(-far).sum((1, 2)) / 2
    return x, (y - 2.6) / 0.95


def bass_lines(n: int, seed: int, length: int = 21) -> Tensor:
    """Buttons of the left hand of an accordion (n, length), 0 to 13: what follows hangs on the last two."""
    g, fixed = generator(seed), generator(-1)
    table = torch.softmax(2.5 * torch.randn(14, 14, 14, generator=fixed), 2)
    rows = torch.randint(14, (n, 2), generator=g)
    for _ in range(length - 2):
        following = torch.multinomial(table[rows[:, -2] % 4, rows[:, -1]], 1, generator=g)
        rows = torch.cat([rows, following], 1)
    return rows


def sherds(n: int, seed: int, width: int = 24) -> tuple[Tensor, Tensor, Tensor]:
    """Two sherds (n, width) each, as measured, and 1 where both are of one pot: clay and form tell, dirt does not."""
    g, fixed = generator(seed), generator(-1)
    mix = torch.randn(12, width, generator=fixed) / 12**0.5
    same = torch.randint(2, (n,), generator=g).float()
    one = torch.randn(n, 4, generator=g)
    two = torch.where(same[:, None] == 1, one, torch.randn(n, 4, generator=g))

    def measured(pot: Tensor) -> Tensor:
        seen = torch.cat([pot + 0.1 * torch.randn(n, 4, generator=g), torch.randn(n, 8, generator=g)], 1)
        return seen @ mix * 1.5

    return measured(one), measured(two), same


def anchors(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Nine columns about an anchor that was dropped (n, 9), standardised, and the ground: mud, sand or rock."""
    g = generator(seed)
    x = torch.randn(n, 9, generator=g)
    score = torch.stack([1.5 * x[:, 0] + x[:, 1] * x[:, 2], 1.5 * x[:, 3] - x[:, 4].abs() + 0.8, x[:, 5] - x[:, 6]], 1)
    return x, (1.5 * score + 0.5 * torch.randn(n, 3, generator=g)).argmax(1)


def plumes(n: int, seed: int, size: int = 20) -> tuple[Tensor, Tensor]:
    """Pictures of a sky (n, 3, size, size) and where in them is smoke of a chimney (n, 1, size, size)."""
    g = generator(seed)
    axis = torch.arange(float(size))
    down, across = torch.meshgrid(axis, axis, indexing="ij")
    foot = 4 + 12 * torch.rand(n, 1, 1, generator=g)
    lean = 0.8 * (2 * torch.rand(n, 1, 1, generator=g) - 1)
    wide = 1 + 0.12 * (size - down)
    mask = ((across - foot - lean * (size - down)).abs() < wide).float()
    sky = torch.tensor([0.2, 0.4, 0.8])[:, None, None] + 0.02 * down
    smoke = torch.tensor([0.55, 0.55, 0.6])[:, None, None]
    x = torch.where(mask[:, None] == 1, smoke, sky) + 0.15 * torch.randn(n, 3, size, size, generator=g)
    return (x - 0.5) / 0.25, mask[:, None]


def hut_paths(n: int, seed: int, huts: int = 9) -> tuple[Tensor, Tensor, Tensor]:
    """Height and beds of nine huts (n, huts, 2), paths between (n, huts, huts), and all their guests, standardised."""
    g = generator(seed)
    x = torch.randn(n, huts, 2, generator=g)
    pairs = (torch.rand(n, huts, huts, generator=g) < 0.25).float().triu(1)
    a = pairs + pairs.transpose(1, 2)
    near = torch.relu(x[..., :1] + 0.5 * (a @ torch.relu(x[..., 1:])))
    y = near.sum((1, 2)) / huts
    return x, a, (y - 0.67) / 0.3 + 0.05 * torch.randn(n, generator=g)


def valves(n: int, seed: int, length: int = 30) -> tuple[Tensor, Tensor]:
    """Pressure in a boiler (n, length, 1) and whether its valve is open: opens above 1, shuts again below -0.5."""
    g = generator(seed)
    walk = torch.randn(n, length, generator=g)
    x, now = torch.zeros(n, length), torch.zeros(n)
    open_, state = torch.zeros(n, length, dtype=torch.long), torch.zeros(n, dtype=torch.long)
    for t in range(length):
        now = 0.85 * now + 0.6 * walk[:, t]
        state = torch.where(now > 1, 1, torch.where(now < -0.5, 0, state))
        x[:, t], open_[:, t] = now, state
    return x[..., None] + 0.02 * torch.randn(n, length, 1, generator=g), open_


def rolls(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Six columns about a morning (n, 6), and the rolls sold at it, less what is usual: most of it is chance."""
    g = generator(seed)
    x = torch.randn(n, 6, generator=g)
    return x, 0.4 * x[:, 0] + 0.35 * torch.sin(2 * x[:, 1]) - 0.25 * x[:, 2] + torch.randn(n, generator=g)


def ski_tracks(n: int, seed: int) -> Tensor:
    """Places (n, 2) at which a skier in deep snow has turned: along an S, in units of about 1."""
    g = generator(seed)
    t = 2 * torch.rand(n, generator=g) - 1
    return torch.stack([torch.sin(3 * t), 1.5 * t], 1) + 0.06 * torch.randn(n, 2, generator=g)


def kiln_cones(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Five columns about a firing (n, 5) and how far its cone has bent, in parts of its length: some kilns are sure."""
    g = generator(seed)
    x = torch.randn(n, 5, generator=g)
    sure = torch.exp(-2.6 + 0.7 * x[:, 4])
    return x, 0.25 * torch.tanh(x[:, 0]) + 0.1 * x[:, 1] * x[:, 2] + sure * torch.randn(n, generator=g)


def firn(n: int, seed: int, depth: int = 48) -> Tensor:
    """Grey of the yearly layers in a core of firn (n, depth), deviation about 1: waves that narrow with the depth."""
    g = generator(seed)
    z = torch.linspace(0, 1, depth)
    wave = 2 * math.pi * (3 + 2 * torch.rand(n, 1, generator=g)) * (z + 0.4 * z**2)
    x = torch.sin(wave + 2 * math.pi * torch.rand(n, 1, generator=g)) * (1.4 - 0.5 * z)
    return x + 0.3 * torch.randn(n, 1, generator=g) + 0.1 * torch.randn(n, depth, generator=g)


def spore_prints(n: int, seed: int, wrong: float) -> tuple[Tensor, Tensor]:
    """Twelve colours and lengths of spores (n, 12), and which of four species: a share is written down at random."""
    g, fixed = generator(seed), generator(-1)
    middle = torch.randn(4, 12, generator=fixed)
    y = torch.randint(4, (n,), generator=g)
    x = 0.9 * middle[y] + 0.8 * torch.randn(n, 12, generator=g)
    other = torch.randint(4, (n,), generator=g)
    return x, torch.where(torch.rand(n, generator=g) < wrong, other, y)
