"""Data of the programs of author U: turnstiles, frogs, umbrellas, mosses, teas, salmon and others; seeded."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def generator(seed: int) -> torch.Generator:
    """A generator of its own for each set of data."""
    return torch.Generator().manual_seed(147000 + seed)


def turnstiles(n: int, seed: int, length: int = 16) -> tuple[Tensor, Tensor]:
    """People through three gates in each quarter of an hour and the hour (n, length, 4); thousands in the next one."""
    g = generator(seed)
    t = torch.arange(length + 1.0)
    start, size = 96 * torch.rand(n, 1, generator=g), 900 * torch.exp(0.35 * torch.randn(n, 1, generator=g))
    clock = (start + t) % 96
    rush = torch.exp(-((clock - 32) ** 2) / 60) + 0.9 * torch.exp(-((clock - 70) ** 2) / 90)
    total = size * (0.25 + 1.6 * rush) * torch.exp(0.06 * torch.randn(n, length + 1, generator=g))
    share = torch.softmax(torch.tensor([0.8, 0.3, 0.0]) + 0.3 * torch.randn(n, 1, 3, generator=g), 2)
    gates = (total[:, :-1, None] * share).round()
    return torch.cat([gates, clock[:, :-1, None] / 4], 2), total[:, -1] / 1000


def frog_calls(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Spectrograms of calls by a pond (n, 1, 16, 24), deviation about 1, and which of five frogs it was."""
    g = generator(seed)
    y = torch.randint(5, (n,), generator=g)
    row, t = torch.arange(16.0)[None, :, None], torch.arange(24.0)[None, None, :]
    pitch = torch.tensor([3.0, 6.0, 6.0, 10.0, 10.0])[y] + 0.7 * torch.randn(n, generator=g)
    beat = torch.tensor([0.0, 0.6, 1.5, 0.6, 1.5])[y] * torch.exp(0.08 * torch.randn(n, generator=g))
    slide = torch.tensor([0.12, 0.0, 0.0, 0.0, -0.1])[y]
    at = pitch[:, None, None] + slide[:, None, None] * (t - 12)
    loud = 0.5 + 0.5 * torch.cos(beat[:, None, None] * t + 6.3 * torch.rand(n, 1, 1, generator=g))
    x = 3 * loud * torch.exp(-((row - at) ** 2) / 2) + 0.8 * torch.randn(n, 16, 24, generator=g)
    return ((x - 0.25) / 1.05)[:, None], y


def umbrellas(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Seven columns about a lost umbrella, standardised; the fee of its keeping; 1 if the owner came for it."""
    g = generator(seed)
    x = torch.randn(n, 7, generator=g)
    score = 1.4 * x[:, 0] + 1.2 * x[:, 1] * x[:, 2] - torch.relu(x[:, 3]) + 0.8 * torch.sin(2 * x[:, 4])
    y = (score + 0.8 * torch.randn(n, generator=g) > 0).float()
    return x, y * (1 + 3 * torch.rand(n, generator=g)), y


def escalators(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Nine readings of an escalator, standardised, one row in eight with a gap (nan); which of four faults it has."""
    g, fixed = generator(seed), generator(0)
    middle = 1.3 * torch.randn(8, 9, generator=fixed)
    kind = torch.randint(8, (n,), generator=g)
    x = middle[kind] + torch.randn(n, 9, generator=g)
    x = (x - x.mean(0)) / x.std(0)
    gone = torch.rand(n, generator=g) < 0.125
    x[gone, torch.randint(9, (n,), generator=g)[gone]] = math.nan
    return x, kind % 4


def mosses(n: int, seed: int, size: int = 24) -> tuple[Tensor, Tensor]:
    """Colour pictures of a wall (n, 3, size, size) in [0, 1]; bytes: 0 is stone, 1 moss, 2 lichen."""
    g = generator(seed)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    mask = torch.zeros(n, size, size)
    for kind in (1, 2, 1, 2):
        middle, wide = size * torch.rand(n, 2, 1, 1, generator=g), 2.5 + 3 * torch.rand(n, 1, 1, generator=g)
        inside = (row - middle[:, 0]) ** 2 + (col - middle[:, 1]) ** 2 < wide**2
        mask = torch.where(inside, float(kind), mask)
    colours = torch.tensor([[0.5, 0.5, 0.5], [0.35, 0.55, 0.3], [0.6, 0.55, 0.35]])
    light = 0.8 + 0.4 * torch.rand(n, 1, 1, 1, generator=g)
    x = light * colours[mask.long()] + 0.13 * torch.randn(n, size, size, 3, generator=g)
    return x.permute(0, 3, 1, 2).clamp(0, 1).contiguous(), mask.to(torch.uint8)


def strokes(n: int, seed: int, length: int = 24, words: int = 14, letters: int = 18) -> Tensor:
    """Lines (n, length + 1) of words of three to six letters out of a few, with 0 as the space between them."""
    g, fixed = generator(seed), generator(0)
    known = [torch.randint(1, letters, (3 + k % 4,), generator=fixed).tolist() for k in range(words)]
    lines = torch.zeros(n, length + 1, dtype=torch.long)
    for line in lines:
        text: list[int] = []
        while len(text) < length + 7:
            text += [*known[int(torch.randint(words, (1,), generator=g))], 0]
        skip = int(torch.randint(6, (1,), generator=g))
        line[:] = torch.tensor(text[skip : skip + length + 1])
    return lines


def teas(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Eight measures of a tea and what four tasters made of it, both standardised."""
    g, fixed = generator(seed), generator(0)
    x = torch.randn(n, 8, generator=g)
    taste = torch.randn(8, 10, generator=fixed) / 8**0.5
    palate = torch.randn(10, 4, generator=fixed) / 10**0.5
    return x, 1.6 * torch.tanh(1.5 * x @ taste) @ palate + 0.15 * torch.randn(n, 4, generator=g)


def spellings(n: int, seed: int, length: int = 6, letters: int = 12) -> tuple[Tensor, Tensor]:
    """Words (n, length) as they are spelt and as they are said; a letter sounds otherwise after one of the first 4."""
    g, fixed = generator(seed), generator(0)
    sounds = torch.stack([torch.randperm(letters, generator=fixed) for _ in range(2)])
    x = torch.randint(letters, (n, length), generator=g)
    before = torch.cat([torch.full((n, 1), letters), x[:, :-1]], 1)
    return x, sounds[(before < 4).long(), x]


def exchanges(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Telephone exchanges: which call which (n, n), six measures of each, standardised, and how busy each will be."""
    g = generator(seed)
    calls = torch.triu(torch.rand(n, n, generator=g) < 14 / n, 1)
    calls = (calls | calls.T).float()
    near = calls / calls.sum(1, keepdim=True).clamp(min=1)
    x = torch.randn(n, 6, generator=g)
    around = near @ x
    y = torch.tanh(x[:, 0]) + 0.5 * x[:, 1] + 2.5 * around[:, 2] + 4 * (near @ around)[:, 3] - torch.relu(x[:, 4])
    return calls, x, 0.8 * (y + 0.5) + 0.1 * torch.randn(n, generator=g)


def accordions(n: int, seed: int, length: int = 72) -> tuple[Tensor, Tensor]:
    """A tone of an accordion (n, 1, length), deviation about 1, and which of five tunings its two reeds have."""
    g = generator(seed)
    y = torch.randint(5, (n,), generator=g)
    t = torch.arange(float(length))
    pitch = 0.6 + 0.2 * torch.rand(n, 1, generator=g)
    apart = torch.tensor([0.0, 0.06, 0.12, 0.2, 0.3])[y][:, None] * torch.exp(0.06 * torch.randn(n, 1, generator=g))
    phase = 6.3 * torch.rand(n, 2, generator=g)
    x = torch.sin(pitch * t + phase[:, :1]) + torch.sin((pitch + apart) * t + phase[:, 1:])
    return (x + 0.25 * torch.randn(n, length, generator=g))[:, None] / 1.05, y


def tadpoles(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Warmth, food, depth, light, crowd and length of a tadpole, standardised; weeks until it is a frog, (n,)."""
    g = generator(seed)
    x = torch.randn(n, 6, generator=g)
    y = 9 - 1.6 * torch.tanh(x[:, 0]) - 0.9 * x[:, 1] + 0.8 * torch.relu(x[:, 4]) + 0.6 * torch.sin(2 * x[:, 5])
    return x, y - 0.5 * x[:, 0] * x[:, 2] + 0.25 * torch.randn(n, generator=g)


def cheese_tables(n: int, seed: int, each: int = 8) -> tuple[Tensor, Tensor]:
    """Tables of eight cheeses at a fair (n, each, 6), standardised, and which of them the jury put first."""
    g = generator(seed)
    x = torch.randn(n, each, 6, generator=g)
    score = 1.5 * x[..., 0] + torch.sin(2 * x[..., 1]) - 1.2 * (x[..., 2] - x[..., 2].mean(1, keepdim=True)).abs()
    return x, (score + x[..., 3] * x[..., 4] + 0.3 * torch.randn(n, each, generator=g)).argmax(1)


def sundials(n: int, seed: int, size: int = 18) -> tuple[Tensor, Tensor]:
    """Pictures of a sundial (n, 1, size, size), deviation about 1, and the cosine and sine of its shadow."""
    g = generator(seed)
    angle = 2 * math.pi * torch.rand(n, 1, 1, generator=g)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    row = row - size / 2 + 0.5 + torch.randn(n, 1, 1, generator=g)
    col = col - size / 2 + 0.5 + torch.randn(n, 1, 1, generator=g)
    along, across = col * angle.cos() + row * angle.sin(), row * angle.cos() - col * angle.sin()
    shade = torch.sigmoid(2 * along) * torch.sigmoid(2 * (7 - along)) * torch.exp(-(across**2) / 2)
    x = 0.5 * (row.hypot(col) < 8).float() - 1.5 * shade + 0.35 * torch.randn(n, size, size, generator=g)
    return ((x - 0.2) / 0.55)[:, None], torch.cat([angle.cos(), angle.sin()], 1)[:, :, 0]


def salmon(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """The same salmon before two cameras of a fish ladder: eighteen measures from each, deviation about 1."""
    g, fixed = generator(seed), generator(0)
    fish = torch.randn(n, 8, generator=g)
    seen = []
    for _ in range(2):
        look = torch.randn(8, 18, generator=fixed) / 8**0.5
        seen.append((torch.tanh(1.2 * fish @ look) + 0.15 * torch.randn(n, 18, generator=g)) / 0.7)
    return seen[0], seen[1]


def stencils(n: int, seed: int, size: int = 12) -> Tensor:
    """Ornaments (n, 1, size, size) in [0, 1]: two waves and a rosette, each by its own two numbers."""
    g = generator(seed)
    row, col = torch.meshgrid(torch.linspace(-1, 1, size), torch.linspace(-1, 1, size), indexing="ij")
    a = torch.rand(n, 6, 1, 1, generator=g)
    first = torch.sin(4 * row + 4 * (a[:, 0] - 0.5) * col + 3 * a[:, 1])
    second = torch.cos(3 * col + 4 * (a[:, 2] - 0.5) * row + 3 * a[:, 3])
    far = torch.hypot(row - a[:, 4] + 0.5, col - a[:, 5] + 0.5)
    x = 0.6 * first + 0.6 * second + 1.2 * torch.exp(-4 * far**2)
    return torch.sigmoid(2 * x + 0.1 * torch.randn(n, size, size, generator=g))[:, None]


def barometers(n: int, seed: int, length: int = 24) -> tuple[Tensor, Tensor]:
    """A day of a barometer (n, length), deviation about 1; whether rain, wind, fog and frost follow (n, 4)."""
    g = generator(seed)
    a = torch.randn(n, 5, generator=g)
    t = torch.linspace(-1, 1, length)
    x = a[:, :1] + a[:, 1:2] * t + 0.8 * a[:, 2:3] * (t**2 - 0.4) + 0.7 * a[:, 3:4] * torch.sin(6 * t)
    x = (x + 0.15 * torch.randn(n, length, generator=g)) / 1.25
    score = [-a[:, 0] - a[:, 1], a[:, 1].abs() + a[:, 3].abs() - 1.4, a[:, 0] + a[:, 2], a[:, 1] * a[:, 2] + a[:, 0]]
    y = torch.stack(score, 1) + 0.3 * torch.randn(n, 4, generator=g) > 0
    return x, y.float()


def chestnuts(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Ten columns about a chestnut tree, standardised, and whether it has the blight."""
    g = generator(seed)
    x = torch.randn(n, 10, generator=g)
    score = x[:, 0] * x[:, 1] + 1.2 * torch.tanh(2 * x[:, 2]) + x[:, 3] ** 2 - 1 - 0.7 * x[:, 4] + 0.4 * x[:, 5]
    return x, (2.2 * score + torch.randn(n, generator=g) > 0).float()


def snails(n: int, seed: int, size: int = 20) -> tuple[Tensor, Tensor]:
    """Shells from above (n, 1, size, size), deviation about 1: 0 and 1 turn right, 2 and 3 left; narrow or wide."""
    g = generator(seed)
    y = torch.randint(4, (n,), generator=g)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    row = row - size / 2 + 0.5 + 0.8 * torch.randn(n, 1, 1, generator=g)
    col = col - size / 2 + 0.5 + 0.8 * torch.randn(n, 1, 1, generator=g)
    hand = torch.where(y < 2, 1.0, -1.0)[:, None, None]
    tight = torch.tensor([0.7, 1.2, 0.7, 1.2])[y][:, None, None] * torch.exp(0.07 * torch.randn(n, 1, 1, generator=g))
    wave = torch.cos(hand * torch.atan2(row, col) + tight * row.hypot(col) + 6.3 * torch.rand(n, 1, 1, generator=g))
    return (wave + 0.6 * torch.randn(n, size, size, generator=g))[:, None] / 0.93, y


def reservoirs(n: int, seed: int, length: int = 24) -> tuple[Tensor, Tensor]:
    """Rain, level of a reservoir in metres and its last change, day by day (n, length, 3); the level a week later."""
    g = generator(seed)
    days = length + 7
    wet = (torch.rand(n, days, generator=g) < 0.3).float() * torch.rand(n, days, generator=g) * 30
    season = torch.sin(6.3 * torch.rand(n, 1, generator=g) + torch.arange(days) / 58)
    level, levels = 40 + 6 * torch.randn(n, generator=g), []
    ground = 4.5 + 2 * torch.randn(n, generator=g)
    for day in range(days):
        ground = 0.94 * ground + 0.06 * wet[:, day]
        level = level + 0.1 * (ground - 4.5) - 0.4 * season[:, day] - 0.03 * (level - 40)
        levels.append(level)
    seen = torch.stack(levels, 1)
    x = torch.stack([wet, seen, seen.diff(dim=1, prepend=seen[:, :1])], 2)
    return x[:, :length], seen[:, -1] + 0.1 * torch.randn(n, generator=g)


def stitches(n: int, seed: int, length: int = 28, kinds: int = 9) -> Tensor:
    """Rows of knitting (n, length + 1): motifs of four to six stitches, each mostly followed by one of two others."""
    g, fixed = generator(seed), generator(0)
    motifs = [torch.randint(kinds, (4 + k % 3,), generator=fixed).tolist() for k in range(9)]
    follows = torch.stack([torch.randperm(9, generator=fixed)[:2] for _ in range(9)]).tolist()
    rows = torch.zeros(n, length + 1, dtype=torch.long)
    for row in rows:
        at, text = int(torch.randint(9, (1,), generator=g)), []
        while len(text) < length + 1:
            text += motifs[at]
            draw = torch.rand(2, generator=g).tolist()
            at = follows[at][int(draw[1] < 0.3)] if draw[0] < 0.95 else int(draw[1] * 9)
        row[:] = torch.tensor(text[: length + 1])
    return rows


def saffron(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Seven measures of a field of crocuses, standardised; how far its harvest is from the usual, mostly luck."""
    g = generator(seed)
    x = torch.randn(n, 7, generator=g)
    y = 0.5 * x[:, 0] + 0.4 * torch.sin(2 * x[:, 1]) - 0.35 * torch.relu(x[:, 2]) + 0.14
    return x, y + torch.randn(n, generator=g)


def plates(n: int, seed: int, size: int = 14) -> Tensor:
    """Painted plates (n, size * size), 1 where there is blue: a rim and petals round a middle."""
    g = generator(seed)
    row, col = torch.meshgrid(torch.linspace(-1, 1, size), torch.linspace(-1, 1, size), indexing="ij")
    far, turn = row.hypot(col), torch.atan2(row, col)
    petals = torch.randint(3, 6, (n, 1, 1), generator=g)
    reach = 0.35 + 0.2 * torch.rand(n, 1, 1, generator=g)
    edge = reach + 0.2 * torch.cos(petals * turn + 6.3 * torch.rand(n, 1, 1, generator=g))
    rim = ((far - 0.9).abs() < 0.08) & (torch.rand(n, 1, 1, generator=g) < 0.5)
    inside = (far < edge) | rim
    return (inside ^ (torch.rand(n, size, size, generator=g) < 0.02)).float().flatten(1)


def fireflies(n: int, seed: int) -> Tensor:
    """Where fireflies were seen (n, 2): on three bows over a meadow."""
    g = generator(seed)
    which = torch.randint(3, (n,), generator=g)
    turn = math.pi * torch.rand(n, generator=g)
    middle = torch.tensor([[-1.0, -0.5], [0.0, 0.4], [1.0, -0.5]])[which]
    return middle + 0.6 * torch.stack([turn.cos(), turn.sin()], 1) + 0.05 * torch.randn(n, 2, generator=g)


class Rapids:
    """Kayaks side by side: three lanes, the rocks of the next two rows in sight; a point for each row without one."""

    def __init__(self, n: int, seed: int):
        self.n, self.g = n, generator(seed)
        self.lane = torch.randint(3, (n,), generator=self.g)
        self.rows = torch.stack([self.rocks(), self.rocks()], 1)

    def rocks(self) -> Tensor:
        return (torch.rand(self.n, 3, generator=self.g) < 0.45).float()

    def see(self) -> Tensor:
        return torch.cat([torch.nn.functional.one_hot(self.lane, 3).float(), self.rows.flatten(1)], 1)

    def step(self, action: Tensor) -> Tensor:
        """0 is left, 1 straight on, 2 right; returns the points of each."""
        self.lane = (self.lane + action - 1).clamp(0, 2)
        hit = self.rows[:, 0].gather(1, self.lane[:, None])[:, 0]
        self.rows = torch.stack([self.rows[:, 1], self.rocks()], 1)
        return 1 - hit - 0.1 * (action != 1)


def chalks(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """A piece of chalk by two instruments (n, 14) and (n, 10): three traits are common to both, the rest is noise."""
    g, fixed = generator(seed), generator(0)
    common = torch.randn(n, 3, generator=g)
    views = []
    for width in (14, 10):
        own = torch.randn(n, 3, generator=g)
        bent = torch.cat([common, common**2 - 1, own, torch.sin(2 * own)], 1)
        mixed = bent @ torch.randn(12, width, generator=fixed) / 12**0.5
        views.append(mixed + 0.2 * torch.randn(n, width, generator=g))
    return views[0], views[1]


def eggs(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Twelve measures of an egg in a reed warbler's nest, standardised, and whether a cuckoo laid it."""
    g, fixed = generator(seed), generator(0)
    y = torch.randint(2, (n,), generator=g)
    middle = torch.randn(2, 3, 12, generator=fixed)
    x = 1.1 * middle[y, torch.randint(3, (n,), generator=g)] + 0.8 * torch.randn(n, 12, generator=g)
    return x / 1.35, y
