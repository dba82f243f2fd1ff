"""Data of the programs of author Q: glaciers, mines, hives, kitchens, courts, old maps and others; seeded."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F


def generator(seed: int) -> torch.Generator:
    """A generator of its own for each set of data."""
    return torch.Generator().manual_seed(87000 + seed)


def glaciers(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Height (m), thickness (m), slope (degrees), air (degrees), snow (mm a year); the speed, deviation about 0.8."""
    g = generator(seed)
    z = torch.randn(n, 5, generator=g)
    x = torch.tensor([2900.0, 140.0, 14.0, -6.0, 1200.0]) + z * torch.tensor([450.0, 45.0, 5.0, 3.0, 380.0])
    y = 0.8 * torch.tanh(z[:, 1] * z[:, 2]) + 0.5 * torch.sin(1.5 * z[:, 0]) + 0.5 * z[:, 3] - 0.4 * torch.relu(z[:, 4])
    return x, y + 0.16 + 0.1 * torch.randn(n, generator=g)


def marbles(n: int, seed: int, length: int = 40) -> tuple[Tensor, Tensor]:
    """Knocks of a marble on its run (n, 1, length), and on which of four runs it is."""
    g = generator(seed)
    y = torch.randint(4, (n,), generator=g)
    t = torch.arange(float(length))
    gap = torch.tensor([5.0, 6.5, 8.5, 11.0])[y][:, None] * (1 + 0.04 * torch.randn(n, 1, generator=g))
    phase = (t - gap * torch.rand(n, 1, generator=g)) % gap
    return (2 * torch.exp(-phase / 1.2) - 0.5 + 0.3 * torch.randn(n, length, generator=g))[:, None], y


def lamp_signals(n: int, seed: int, length: int = 12) -> tuple[Tensor, Tensor]:
    """Flashes of a lamp (n, length, 5), a colour of four each and whether it calls; and the colour of the call."""
    g = generator(seed)
    colour = torch.randint(4, (n, length), generator=g)
    x = torch.cat([F.one_hot(colour, 4).float(), torch.zeros(n, length, 1)], 2)
    when = torch.randint(2, (n,), generator=g)
    x[torch.arange(n), when, 4] = 1
    return x + 0.1 * torch.randn(x.shape, generator=g), colour[torch.arange(n), when]


def mast_levels(n: int, seed: int, masts: int = 16, huts: int = 6) -> tuple[Tensor, Tensor, Tensor]:
    """How strongly sixteen masts are heard, in dBm (n, 16), which masts are near each other (16, 16), the hut (0-5)."""
    g, fixed = generator(seed), generator(0)
    mast, hut = torch.rand(masts, 2, generator=fixed), torch.rand(huts, 2, generator=fixed)
    near = (torch.cdist(mast, mast) < 0.3).float()
    y = torch.randint(huts, (n,), generator=g)
    place = hut[y] + 0.07 * torch.randn(n, 2, generator=g)
    way = torch.cdist(place, mast)
    dbm = (-38 - 42 * torch.log10(1 + 6 * way) + 3 * torch.randn(n, masts, generator=g)).clamp(-99, -20)
    return dbm, near / near.sum(1, keepdim=True), y


def old_maps(n: int, seed: int, size: int = 16) -> tuple[Tensor, Tensor]:
    """Pieces of an old map (n, 1, size, size) and what each point is: water, land, hill or road."""
    g = generator(seed)
    height = F.interpolate(torch.randn(n, 1, 4, 4, generator=g), size=size, mode="bicubic", align_corners=True)[:, 0]
    kind = (height > -0.4).long() + (height > 0.6).long()
    row, column = torch.arange(size)[:, None].expand(size, size), torch.arange(size)[None].expand(size, size)
    start, lean = torch.rand(n, 1, 1, generator=g) * size, 1.6 * torch.rand(n, 1, 1, generator=g) - 0.8
    road = (row - start - lean * (column - size / 2)).abs() < 0.8
    kind = torch.where(road, torch.full_like(kind, 3), kind)
    water, hill = 0.6 * ((row % 2) * 2 - 1), 0.6 * (((row + column) % 2) * 2 - 1)
    looks = torch.stack([water, torch.zeros(size, size), hill, torch.full((size, size), 1.1)])
    picture = (F.one_hot(kind, 4).permute(0, 3, 1, 2) * looks).sum(1)
    return (picture + 0.25 * torch.randn(n, size, size, generator=g))[:, None], kind


def nectar(n: int, seed: int, hours: int = 24) -> tuple[Tensor, Tensor]:
    """Warmth, light and wind of the hours of a day (n, 3, hours), and the nectar brought in, mean 0, deviation 1."""
    g = generator(seed)
    t = torch.linspace(-1, 1, hours)
    peak, height = 0.6 * torch.rand(n, 1, generator=g) - 0.3, torch.randn(n, 3, 1, generator=g)
    day = torch.exp(-((t - peak) ** 2) / 0.2)
    x = height * day[:, None] + 0.3 * torch.randn(n, 3, hours, generator=g)
    flow = (torch.sigmoid(2 * x[:, 0] + 2 * x[:, 1]) * torch.sigmoid(-2 * x[:, 2])).mean(1)
    y = (flow - 0.25) / 0.113
    return x, y + 0.1 * torch.randn(n, generator=g)


def mites(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Six columns about a hive, standardised, and how many mites lie under it after a day."""
    g = generator(seed)
    x = torch.randn(n, 6, generator=g)
    log = 1.4 + 0.5 * x[:, 0] + 0.4 * torch.tanh(x[:, 1] * x[:, 2]) - 0.4 * torch.relu(x[:, 3]) + 0.2 * x[:, 4]
    return x, torch.poisson(log.exp(), generator=g)


def typeset_lines(n: int, seed: int, length: int = 20, letters: int = 40) -> tuple[Tensor, Tensor]:
    """Lines of twenty types out of forty (n, length), and which of four typesetters has set them."""
    g, fixed = generator(seed), generator(0)
    habit = torch.softmax(0.9 * torch.randn(4, letters, generator=fixed), 1)
    y = torch.randint(4, (n,), generator=g)
    return torch.multinomial(habit[y], length, replacement=True, generator=g), y


def dishes(n: int, seed: int, length: int = 16, menu: int = 24) -> Tensor:
    """Orders of a table (n, length), dishes 0 to 23, each mostly followed by one of three."""
    g, fixed = generator(seed), generator(0)
    chance = torch.full((menu, menu), 0.05 / menu)
    for dish in range(menu):
        chance[dish, torch.randperm(menu, generator=fixed)[:3]] += torch.tensor([0.5, 0.3, 0.15])
    rows = [torch.randint(menu, (n,), generator=g)]
    for _ in range(length - 1):
        rows.append(torch.multinomial(chance[rows[-1]], 1, generator=g)[:, 0])
    return torch.stack(rows, 1)


def lithographs(n: int, seed: int, size: int = 12) -> Tensor:
    """Little prints (n, size * size), grey values from 0 to 1: hatching under a round light."""
    g = generator(seed)
    y, x = torch.meshgrid(torch.linspace(-1, 1, size), torch.linspace(-1, 1, size), indexing="ij")
    u = torch.rand(n, 4, 1, 1, generator=g)
    angle, cx, cy = math.pi * u[:, 0], 1.2 * u[:, 1] - 0.6, 1.2 * u[:, 2] - 0.6
    hatch = torch.sin(4 * (x * angle.cos() + y * angle.sin()) + 2 * u[:, 3])
    light = torch.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 0.4)
    print_ = 0.5 + 0.45 * hatch * light + 0.02 * torch.randn(n, size, size, generator=g)
    return print_.clamp(0, 1).flatten(1)


def hearings(n: int, seed: int, length: int = 14) -> tuple[Tensor, Tensor, Tensor]:
    """Hearings of a trial (n, length, 6), of five kinds, and their weight; its length, deviation about 1; if lost."""
    g = generator(seed)
    kind, weight = torch.randint(5, (n, length), generator=g), torch.rand(n, length, 1, generator=g)
    x = torch.cat([F.one_hot(kind, 5).float(), weight], 2)
    cost = torch.tensor([0.0, 0.5, 1.0, -0.5, 2.0])[kind] * weight[..., 0]
    twice = ((kind[:, 1:] == 4) & (kind[:, :-1] == 1)).float().sum(1)
    y = (cost.sum(1) - 4.2) / 1.9 + 0.5 * (twice - 0.52)
    against = (torch.tensor([1.0, -1.0, 0.0, 0.0, 0.0])[kind] * weight[..., 0]).sum(1)
    lost = against + 0.15 * torch.randn(n, generator=g) > 0
    return x, y + 0.1 * torch.randn(n, generator=g), lost.float()


def hive_weights(n: int, seed: int, days: int = 14) -> tuple[Tensor, Tensor]:
    """The weight of a hive on fourteen evenings (n, days), and on the next, all less the mean; deviation about 1."""
    g = generator(seed)
    t = torch.arange(float(days + 1))
    slope, swing = 0.06 * torch.randn(n, 1, generator=g), 0.5 + 0.5 * torch.rand(n, 1, generator=g)
    phase, pace = 2 * math.pi * torch.rand(n, 1, generator=g), 0.5 + 0.4 * torch.rand(n, 1, generator=g)
    x = slope * (t - days / 2) + swing * torch.sin(pace * t + phase) + 0.06 * torch.randn(n, days + 1, generator=g)
    x = 1.4 * (x - x[:, :-1].mean(1, keepdim=True))
    return x[:, :-1], x[:, -1]


def hut_nights(n: int, seed: int, huts: int = 30) -> tuple[Tensor, Tensor, Tensor]:
    """What a guest of mountain huts likes (n, 6), a hut where he stayed, and one where he did not (0 to 29)."""
    g, fixed = generator(seed), generator(0)
    taste = torch.randn(huts, 6, generator=fixed)
    guest = torch.randn(n, 6, generator=g)
    score = torch.tanh(guest) @ taste.T + 0.8 * torch.sin(2 * guest[:, :1] + taste[:, 1])
    chance = -torch.log(-torch.log(torch.rand(n, huts, generator=g).clamp(1e-6, 1 - 1e-6)))
    chosen = (1.5 * score + chance).argmax(1)
    other = (chosen + torch.randint(1, huts, (n,), generator=g)) % huts
    return guest, chosen, other


def wells(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Depth (m), conductivity, warmth, acidity, chloride, nitrate, oxygen, turbidity of wells; which of 4 aquifers."""
    g, fixed = generator(seed), generator(0)
    y = torch.randint(4, (n,), generator=g)
    centre = 0.9 * torch.randn(4, 2, 8, generator=fixed)
    z = centre[y, torch.randint(2, (n,), generator=g)] + 0.75 * torch.randn(n, 8, generator=g)
    unit = torch.tensor([45.0, 600.0, 2.5, 0.5, 40.0, 12.0, 2.0, 5.0])
    return torch.tensor([110.0, 1500.0, 11.0, 7.2, 120.0, 30.0, 6.0, 14.0]) + unit * z, y


def ores(n: int, seed: int, size: int = 16) -> tuple[Tensor, Tensor]:
    """Cuts of stone (n, 3, size, size), and which of five ores it is, by the grain and a little by the colour."""
    g, fixed = generator(seed), generator(0)
    y = torch.randint(5, (n,), generator=g)
    tint = 0.2 * torch.randn(5, 3, 1, 1, generator=fixed)
    noise = torch.randn(n, 3, size, size, generator=g)
    along, across = F.avg_pool2d(noise, (1, 5), 1, (0, 2)), F.avg_pool2d(noise, (5, 1), 1, (2, 0))
    coarse, fine = F.avg_pool2d(noise, 3, 1, 1), noise - F.avg_pool2d(noise, 3, 1, 1)
    grain = torch.stack([2.2 * along, 2.2 * across, 3 * coarse, 1.05 * fine, noise], 1)[torch.arange(n), y]
    return grain + tint[y] + 0.6 * torch.randn(n, 3, size, size, generator=g), y


def kale(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Five numbers of the weather, four of the soil, both standardised, and the harvest of kale, deviation about 1."""
    g = generator(seed)
    weather, soil = torch.randn(n, 5, generator=g), torch.randn(n, 4, generator=g)
    y = 0.5 * weather[:, 0] - 0.4 * torch.relu(weather[:, 1]) + 0.7 * torch.tanh(soil[:, 0] * weather[:, 2])
    y = y + 0.16 + 0.6 * torch.sin(1.5 * soil[:, 1]) + 0.3 * soil[:, 2]
    return weather, soil, y + 0.1 * torch.randn(n, generator=g)


def stage_lamps(n: int, seed: int, lamps: int = 8) -> tuple[Tensor, Tensor]:
    """Light of eight lamps over a stage (n, lamps, 4), the same but for one; and which one differs."""
    g = generator(seed)
    y = torch.randint(lamps, (n,), generator=g)
    x = 1.5 * torch.randn(n, 1, 4, generator=g) + 0.2 * torch.randn(n, lamps, 4, generator=g)
    off = torch.randn(n, 4, generator=g)
    x[torch.arange(n), y] += 1.1 * off / off.norm(dim=1, keepdim=True)
    return x, y


def gas(hours: int, seed: int) -> Tensor:
    """Firedamp in a gallery, hour by hour (hours,), mean about 0 and deviation about 1."""
    g = generator(seed)
    noise, values = torch.randn(hours + 50, generator=g).tolist(), [0.0, 0.0]
    for e in noise:
        values.append(0.9 * values[-1] - 0.35 * values[-2] + 0.3 * math.tanh(3 * values[-1]) + 0.5 * e)
    return torch.tensor(values[52:])


def dial_pairs(n: int, seed: int, length: int = 64) -> tuple[Tensor, Tensor, Tensor]:
    """Two pieces of what is heard along the dial (n, length each), and whether the loudest is the same station."""
    g, t = generator(seed), torch.arange(float(length))
    same = (torch.rand(n, generator=g) < 0.5).float()
    first = torch.randint(6, (n,), generator=g)
    second = torch.where(same > 0, first, (first + torch.randint(1, 6, (n,), generator=g)) % 6)
    heard = []
    for station in (first, second):
        place = torch.tensor([6.0, 16.0, 27.0, 37.0, 48.0, 58.0])[station][:, None]
        place = place + 0.7 * torch.randn(n, 1, generator=g)
        x = (1.2 + 0.6 * torch.rand(n, 1, generator=g)) * torch.exp(-((t - place) ** 2) / 6)
        heard.append(x + 0.3 * torch.randn(n, length, generator=g))
    return heard[0], heard[1], same


def sentences(n: int, seed: int, length: int = 16, words: int = 90) -> tuple[Tensor, Tensor]:
    """Words of a judgement (n, length), 0 to 89, and the term in months (a median of about 40)."""
    g, fixed = generator(seed), generator(0)
    weight = 0.3 * torch.randn(words, generator=fixed)
    text = torch.randint(words, (n, length), generator=g)
    harsh = (text == 7).any(1) & (text < 12).float().sum(1).gt(2)
    return text, torch.exp(3.52 + weight[text].sum(1) * 0.6 + 0.5 * harsh + 0.08 * torch.randn(n, generator=g))


def dough(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Flour, water, yeast, salt, warmth and hours, standardised, and how far the dough rises, deviation about 1."""
    g = generator(seed)
    x = torch.randn(n, 6, generator=g)
    y = 0.9 * torch.tanh(x[:, 2] + x[:, 4]) + 0.6 * torch.sin(x[:, 5]) - 0.3 * x[:, 3] ** 2 + 0.3 * x[:, 1]
    return x, y + 0.3 + 0.12 * torch.randn(n, generator=g)


def beacons(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Readings at beacons (n, 8), who sees whom (n, n; averaged, each sees itself), and the valley of each (0 to 3)."""
    g, fixed = generator(seed), generator(0)
    y = torch.randint(4, (n,), generator=g)
    x = 0.5 * torch.randn(4, 8, generator=fixed)[y] + torch.randn(n, 8, generator=g)
    chance = torch.where(y[:, None] == y[None], 24.0 / n, 3.0 / n)
    sees = (torch.rand(n, n, generator=g) < chance).float().triu(1)
    sees = sees + sees.T + torch.eye(n)
    return x, sees / sees.sum(1, keepdim=True), y


def plates(n: int, seed: int, size: int = 14) -> tuple[Tensor, Tensor]:
    """Printing plates (n, 1, size, size), and which of three faults they have: a scratch, a blot, a worn side."""
    g = generator(seed)
    has = (torch.rand(n, 3, generator=g) < 0.4).float()
    row, column = torch.arange(float(size))[:, None], torch.arange(float(size))[None]
    at = 2 + (size - 4) * torch.rand(n, 3, 1, 1, generator=g)
    scratch = 1.3 * ((row + column - at[:, 0] - 6).abs() < 0.8).float()
    blot = 1.6 * torch.exp(-((row - at[:, 1]) ** 2 + (column - at[:, 2]) ** 2) / 4)
    worn = -0.9 * torch.exp(-column / 3).expand(n, size, size)
    x = (torch.stack([scratch, blot, worn], 1) * has[:, :, None, None]).sum(1)
    return (x + 0.4 * torch.randn(n, size, size, generator=g))[:, None], has


def toy_trains(n: int, seed: int, length: int = 24) -> tuple[Tensor, Tensor]:
    """What two sensors on a toy train feel (n, length, 2), and on which of four pieces of its ring it is."""
    g = generator(seed)
    start, pace = 24 * torch.rand(n, 1, generator=g), 0.7 + 0.5 * torch.rand(n, 1, generator=g)
    piece = (((start + pace * torch.arange(float(length))) % 24) / 6).long()
    lean = torch.tensor([0.0, 1.0, 0.0, -1.0])[piece]
    rise = torch.tensor([0.6, 0.0, -0.6, 0.0])[piece]
    x = torch.stack([lean, rise], 2)
    return x + 0.55 * torch.randn(n, length, 2, generator=g), piece


def avalanches(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Six numbers about a slope after a snowfall, standardised, and whether it came down: mostly a matter of luck."""
    g = generator(seed)
    x = torch.randn(n, 6, generator=g)
    logit = 0.7 * x[:, 0] - 0.5 * x[:, 1] + 0.5 * torch.tanh(x[:, 2] * x[:, 3])
    return x, (torch.rand(n, generator=g) < torch.sigmoid(logit)).float()


def avalanche_floor(x: Tensor) -> Tensor:
    """The lowest loss that anybody can have on these slopes: the mean entropy of their chances."""
    p = torch.sigmoid(0.7 * x[:, 0] - 0.5 * x[:, 1] + 0.5 * torch.tanh(x[:, 2] * x[:, 3]))
    return -(p * p.log() + (1 - p) * (1 - p).log()).mean()


def glazes(n: int, seed: int) -> Tensor:
    """Hue and gloss of glazed pots (n, 2): three kinds of glaze."""
    g = generator(seed)
    centre = torch.tensor([[-1.0, -0.5], [1.0, -0.4], [0.1, 1.0]])[torch.randint(3, (n,), generator=g)]
    return centre + torch.tensor([0.25, 0.2]) * torch.randn(n, 2, generator=g)


def type_pieces(n: int, seed: int, foundry: int, size: int = 12) -> tuple[Tensor, Tensor]:
    """Impressions of metal types (n, 1, size, size) of a foundry (0 or 1), and which of its eight letters each is."""
    g, fixed = generator(seed + 40 * foundry), generator(0)
    stroke = torch.rand(2, 8, 3, 4, generator=fixed)[foundry]
    y = torch.randint(8, (n,), generator=g)
    row, column = torch.arange(float(size))[:, None], torch.arange(float(size))[None]
    x = torch.zeros(n, size, size)
    shift = torch.randn(n, 2, 1, 1, generator=g).clamp(-1.5, 1.5)
    for s in stroke.unbind(1):
        r0, c0, r1, c1 = (2 + (size - 5) * s[y]).T[:, :, None, None]
        a, b = row - shift[:, 0] - r0, column - shift[:, 1] - c0
        way = (r1 - r0) ** 2 + (c1 - c0) ** 2 + 1e-3
        along = ((a * (r1 - r0) + b * (c1 - c0)) / way).clamp(0, 1)
        near = (a - along * (r1 - r0)) ** 2 + (b - along * (c1 - c0)) ** 2
        x = torch.maximum(x, torch.exp(-near / 0.8))
    return (x + 0.25 * torch.randn(n, size, size, generator=g))[:, None], y


def seracs(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Five numbers about an ice tower, standardised, and how far it leans, in metres: a matter of centimetres."""
    g = generator(seed)
    x = torch.randn(n, 5, generator=g)
    y = 0.15 * torch.tanh(x[:, 0] + x[:, 1]) + 0.06 * torch.sin(2 * x[:, 2]) + 0.05 * x[:, 3]
    width = 0.01 + 0.03 * torch.sigmoid(1.5 * x[:, 4])
    return x, y + width * torch.randn(n, generator=g)


def bids(n: int, seed: int, noise: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Eight numbers about a bid on the market and its kind, of four, noted down as in the given table of chances."""
    g, fixed = generator(seed), generator(0)
    y = torch.randint(4, (n,), generator=g)
    x = 1.1 * torch.randn(4, 8, generator=fixed)[y] + torch.randn(n, 8, generator=g)
    return x, y if noise is None else torch.multinomial(noise[y], 1, generator=g)[:, 0]
