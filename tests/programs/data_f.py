"""Data of the programs of author F: tunes, rings, sensors, plates, verses, flats, claims and others; seeded."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def generator(seed: int) -> torch.Generator:
    """A generator of its own for each set of data."""
    return torch.Generator().manual_seed(41000 + seed)


def tunes(n: int, seed: int, length: int = 16) -> tuple[Tensor, Tensor]:
    """Notes 0 to 23 of a tune (n, length), and its key: four scales that share most of their notes."""
    g = generator(seed)
    scales = torch.stack([(torch.tensor([0, 2, 4, 5, 7, 9, 11, 12]) + shift) % 24 for shift in (0, 3, 6, 9)])
    y = torch.randint(4, (n,), generator=g)
    notes = scales[y].gather(1, torch.randint(8, (n, length), generator=g))
    wrong = torch.rand(n, length, generator=g) < 0.15
    return torch.where(wrong, torch.randint(24, (n, length), generator=g), notes), y


def questions(n: int, seed: int, topics: int = 3, longest: int = 14) -> tuple[list[list[int]], Tensor]:
    """Word ids (2 to 49) of questions of unequal length, and their topic, which about half of the words tell."""
    g = generator(seed)
    y, asked = torch.randint(topics, (n,), generator=g), []
    for topic in y.tolist():
        length = int(torch.randint(5, longest + 1, (1,), generator=g))
        own = 2 + 8 * topic + torch.randint(8, (length,), generator=g)
        other = torch.randint(26, 50, (length,), generator=g)
        asked.append(torch.where(torch.rand(length, generator=g) < 0.5, own, other).tolist())
    return asked, y


def essays(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Nine measures of an essay, standardised, and its grade from 0 to 4."""
    g, fixed = generator(seed), generator(0)
    x = torch.randn(n, 9, generator=g)
    score = x @ torch.randn(9, generator=fixed) / 3 + 0.6 * torch.tanh(2 * x[:, 0]) * x[:, 1]
    score = score + 0.1 * torch.randn(n, generator=g)
    return x, torch.bucketize(score, torch.tensor([-0.9, -0.3, 0.3, 0.9]))


def rings(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Points of a plane; 1 for those of the outer ring, 0 for those of the inner disc."""
    g = generator(seed)
    y = (torch.rand(n, generator=g) < 0.5).float()
    radius = 0.5 + 1.0 * y + 0.15 * torch.randn(n, generator=g)
    angle = 2 * math.pi * torch.rand(n, generator=g)
    return radius[:, None] * torch.stack([angle.cos(), angle.sin()], 1), y


class Levers:
    """Five levers; which of them pays best hangs on six lamps; what a lever pays is noisy."""

    def __init__(self, seed: int):
        self.g, self.weight = generator(seed), torch.randn(6, 5, generator=generator(0))

    def lamps(self, n: int) -> Tensor:
        return torch.randn(n, 6, generator=self.g)

    def pays(self, lamps: Tensor) -> Tensor:
        """What each lever pays on the average."""
        return torch.tanh(lamps @ self.weight / 2)

    def pull(self, lamps: Tensor, lever: Tensor) -> Tensor:
        paid = self.pays(lamps).gather(1, lever[:, None])[:, 0]
        return paid + 0.2 * torch.randn(len(lever), generator=self.g)


def sensors(n: int, seed: int, holes: float = 0.0) -> tuple[Tensor, Tensor]:
    """Eight readings of a machine, standardised, some of them missing (NaN); and its wear, deviation about 1."""
    g = generator(seed)
    x = torch.randn(n, 8, generator=g)
    y = torch.sin(1.5 * x[:, 0]) + 0.5 * x[:, 1] * x[:, 2] - 0.5 * x[:, 3] + 0.1 * torch.randn(n, generator=g)
    x[torch.rand(n, 8, generator=g) < holes] = float("nan")
    return x, y


def plates(n: int, seed: int, kinds: int = 6) -> tuple[Tensor, Tensor]:
    """Pictures (n, 1, 8, 24) with three signs of five by five points, each of one of six kinds; and which (n, 3)."""
    g = generator(seed)
    signs = (torch.rand(kinds, 5, 5, generator=generator(0)) < 0.45).float()
    y = torch.randint(kinds, (n, 3), generator=g)
    x = 0.25 * torch.randn(n, 1, 8, 24, generator=g)
    down = torch.randint(4, (n, 3), generator=g)
    right = torch.randint(4, (n, 3), generator=g)
    for picture, said, rows, columns in zip(x[:, 0], y.tolist(), down.tolist(), right.tolist(), strict=True):
        for place, (kind, row, column) in enumerate(zip(said, rows, columns, strict=True)):
            left = 8 * place + column
            picture[row : row + 5, left : left + 5] += signs[kind]
    return x, y


def parcels(n: int, seed: int, nodes: int = 9, kinds: int = 4) -> tuple[Tensor, Tensor, Tensor]:
    """Small graphs: adjacency (n, nodes, nodes), kinds of the nodes (n, nodes), and an energy of the linked pairs."""
    g, fixed = generator(seed), generator(0)
    pair = torch.randn(kinds, kinds, generator=fixed)
    pair = pair + pair.T
    upper = torch.triu((torch.rand(n, nodes, nodes, generator=g) < 0.25).float(), diagonal=1)
    linked = upper + upper.transpose(1, 2)
    kind = torch.randint(kinds, (n, nodes), generator=g)
    energy = (upper * pair[kind[:, :, None], kind[:, None, :]]).sum((1, 2))
    return linked, kind, energy / 4.0


VOWELS, CONSONANTS = "aeiou", "bdfgklmnprst"


def verses(words: int, seed: int) -> str:
    """Words of a made-up language: syllables that follow one another by habit, full stops after five words."""
    g = generator(seed)
    syllables = [c + v for c in CONSONANTS for v in VOWELS]
    habit = torch.softmax(2.5 * torch.randn(len(syllables), len(syllables), generator=generator(0)), 1)
    said, now = [], 0
    for word in range(words):
        parts = []
        for _ in range(int(torch.randint(2, 4, (1,), generator=g))):
            now = int(torch.multinomial(habit[now], 1, generator=g))
            parts.append(syllables[now])
        said.append("".join(parts) + ("." if word % 5 == 4 else ""))
    return " ".join(said)


def strokes(n: int, seed: int, size: int = 12) -> Tensor:
    """Clean pictures (n, 1, size, size) of two straight strokes, in [0, 1]."""
    g = generator(seed)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    angle = math.pi * torch.rand(n, 2, 1, 1, generator=g)
    shift = 3 * torch.randn(n, 2, 1, 1, generator=g)
    far = (row - size / 2) * angle.cos() + (col - size / 2) * angle.sin() - shift
    return torch.exp(-(far**2)).amax(1, keepdim=True)


def orders(n: int, seed: int, length: int = 10) -> tuple[Tensor, Tensor]:
    """Rows of goods (n, length), ids 0 to 11; 1 where the last good ordered was ordered before."""
    g = generator(seed)
    x = torch.randint(12, (n, length), generator=g)
    y = torch.randint(2, (n,), generator=g)
    spot = torch.randint(length - 1, (n,), generator=g)
    last = x[:, -1:]
    x[:, :-1] = torch.where(x[:, :-1] == last, (x[:, :-1] + 1) % 12, x[:, :-1])
    rows = torch.nonzero(y)[:, 0]
    x[rows, spot[rows]] = last[rows, 0]
    return x, y.float()


def changes(n: int, seed: int) -> Tensor:
    """Daily changes of a price, of both signs, deviation about 1: they swing, with some noise."""
    g = generator(seed)
    t = torch.arange(n, dtype=torch.float32)
    phase = 2 * math.pi * torch.rand(2, generator=g)
    swing = 1.1 * torch.sin(2 * math.pi * t / 11 + phase[0]) + 0.7 * torch.sin(2 * math.pi * t / 27 + phase[1])
    return swing + 0.3 * torch.randn(n, generator=g)


DISTRICTS = ("harbour", "mill", "old town", "park", "station", "hill", "market", "lake", "north", "works")
HEATING = ("gas", "district", "oil", "heat pump")


def flats(n: int, seed: int) -> tuple[list[str], list[str], Tensor, Tensor]:
    """District and heating as words, area and floor (n, 2), standardised; and the rent, mean 0, deviation about 1."""
    g, fixed = generator(seed), generator(0)
    by_district, by_heating = torch.randn(10, generator=fixed), 0.7 * torch.randn(4, generator=fixed)
    d, h = torch.randint(10, (n,), generator=g), torch.randint(4, (n,), generator=g)
    x = torch.randn(n, 2, generator=g)
    rent = by_district[d] * (1 + 0.3 * x[:, 0]) + by_heating[h] + 0.6 * x[:, 0] + 0.1 * x[:, 1]
    rent = rent + 0.1 * torch.randn(n, generator=g)
    return [DISTRICTS[i] for i in d.tolist()], [HEATING[i] for i in h.tolist()], x, rent


def lanes(n: int, seed: int, places: int = 7) -> dict[str, Tensor]:
    """Steps at random in a lane: state (place and goal), action 0, 1, 2 for left, stay, right, reward, next, done."""
    g = generator(seed)
    place, goal = torch.randint(places, (2, n), generator=g)
    action = torch.randint(3, (n,), generator=g)
    after = (place + action - 1).clamp(0, places - 1)
    done = (after == goal).float()

    def seen(where: Tensor) -> Tensor:
        return torch.cat([torch.eye(places)[where], torch.eye(places)[goal]], 1)

    right = 1 + torch.sign(goal - place)
    return dict(state=seen(place), action=action, reward=done, next=seen(after), done=done, best=right)


def claims(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Six columns of an insurance policy, standardised, and the claims of a year, mostly none: counts."""
    g, fixed = generator(seed), generator(0)
    x = torch.randn(n, 6, generator=g)
    rate = torch.exp(-0.6 + x @ (0.45 * torch.randn(6, generator=fixed)) + 0.4 * torch.sin(2 * x[:, 0]))
    return x, torch.poisson(rate.clamp(max=8.0), generator=g)


def birds(n: int, seed: int, sites: int = 30) -> tuple[Tensor, Tensor, Tensor]:
    """Site and month of a walk (n, 2), hours of watching (n,), and the birds that were counted."""
    g, fixed = generator(seed), generator(0)
    rich = 0.6 * torch.randn(sites, generator=fixed)
    site, month = torch.randint(sites, (n,), generator=g), torch.randint(12, (n,), generator=g)
    hours = 0.5 + 2 * torch.rand(n, generator=g)
    rate = hours * torch.exp(0.8 + rich[site] + 0.7 * torch.sin(2 * math.pi * month / 12))
    return torch.stack([site, month], 1), hours, torch.poisson(rate, generator=g)


def boats(n: int, seed: int, kinds: int = 4, size: int = 20, photo: float = 640.0) -> tuple[Tensor, Tensor, Tensor]:
    """Small copies (n, 1, size, size) of photos of one boat, its kind, and where it is in the photo, in its pixels."""
    g = generator(seed)
    signs = (torch.rand(kinds, 6, 6, generator=generator(0)) < 0.5).float()
    kind = torch.randint(kinds, (n,), generator=g)
    corner = torch.randint(size - 5, (n, 2), generator=g)
    x = 0.3 * torch.randn(n, 1, size, size, generator=g)
    for picture, which, (row, column) in zip(x[:, 0], kind.tolist(), corner.tolist(), strict=True):
        picture[row : row + 6, column : column + 6] += signs[which]
    return x, kind, (corner + 3.0) * photo / size


def recipes(n: int, seed: int, words: int = 40, around: int = 4) -> tuple[Tensor, Tensor]:
    """Four ingredients (n, 4) and a fifth that goes with them; ingredients belong to eight kitchens."""
    g = generator(seed)
    kitchen = torch.randint(8, (n, 1), generator=g)
    own = kitchen * 5 + torch.randint(5, (n, around + 1), generator=g)
    other = torch.randint(words, (n, around + 1), generator=g)
    rows = torch.where(torch.rand(n, around + 1, generator=g) < 0.75, own, other)
    return rows[:, :around], rows[:, around]


def tides(n: int, seed: int) -> Tensor:
    """Half-hourly levels of the sea, deviation about 1: two tides and a surge."""
    g = generator(seed)
    t = torch.arange(n, dtype=torch.float32)
    phase = 2 * math.pi * torch.rand(2, generator=g)
    level = torch.sin(2 * math.pi * t / 24.8 + phase[0]) + 0.5 * torch.sin(2 * math.pi * t / 24 + phase[1])
    return level + 0.1 * torch.randn(n, generator=g)


def wishes(n: int, seed: int, people: int = 14, things: int = 12) -> tuple[Tensor, Tensor]:
    """Who looked at what (n, 2), and how much it was liked, mean about 0, deviation about 1."""
    g, fixed = generator(seed), generator(0)
    taste, kind = torch.randn(people, 2, generator=fixed), torch.randn(things, 2, generator=fixed)
    who, what = torch.randint(people, (n,), generator=g), torch.randint(things, (n,), generator=g)
    return torch.stack([who, what], 1), 0.7 * (taste[who] * kind[what]).sum(1) + 0.3 * torch.randn(n, generator=g)


def lookups(n: int, seed: int, pairs: int = 8, keys: int = 12, values: int = 8) -> tuple[Tensor, Tensor, Tensor]:
    """Eight different keys with their values (n, 8, 2), one key that is asked for (n,), and its value."""
    g = generator(seed)
    key = torch.rand(n, keys, generator=g).argsort(1)[:, :pairs]
    value = torch.randint(values, (n, pairs), generator=g)
    which = torch.randint(pairs, (n, 1), generator=g)
    return torch.stack([key, value], 2), key.gather(1, which)[:, 0], value.gather(1, which)[:, 0]


def petals(n: int, seed: int) -> Tensor:
    """Points of a plane on five petals of a flower, close to one another: deviation about 0.2."""
    g = generator(seed)
    turn = torch.randint(5, (n,), generator=g) * (2 * math.pi / 5) + 0.12 * torch.randn(n, generator=g)
    radius = 0.3 + 0.05 * torch.randn(n, generator=g)
    return torch.stack([radius * turn.cos(), radius * turn.sin()], 1)


def leaves(n: int, seed: int, size: int = 16) -> tuple[Tensor, Tensor]:
    """Pictures (n, 1, size, size) of a leaf of one of four kinds: how many notches, and how deep; any direction."""
    g = generator(seed)
    y = torch.randint(4, (n,), generator=g)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    centre = size / 2 - 0.5 + torch.randn(n, 2, 1, 1, generator=g)
    dy, dx = row - centre[:, 0], col - centre[:, 1]
    notches = torch.tensor([0.0, 2.0, 3.0, 5.0])[y][:, None, None]
    turn = 2 * math.pi * torch.rand(n, 1, 1, generator=g)
    edge = 5 * (1 + 0.35 * torch.cos(notches * torch.atan2(dy, dx) + turn) * (notches > 0))
    x = torch.sigmoid(2 * (edge - torch.hypot(dy, dx))) + 0.15 * torch.randn(n, size, size, generator=g)
    return x.unsqueeze(1), y
