"""Data of programs on gestures, heart beats, fares, bread, patients, rivers, arrows, quizzes; synthetic and seeded."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def generator(seed: int) -> torch.Generator:
    """A generator of its own for each set of data."""
    return torch.Generator().manual_seed(9000 + seed)


def gestures(n: int, seed: int, steps: int = 28) -> tuple[Tensor, Tensor]:
    """Tracks of a hand (n, steps, 3) and which of six gestures it made: a swipe two ways, a circle two ways, ..."""
    g = generator(seed)
    y = torch.randint(6, (n,), generator=g)
    pace = 0.8 + 0.4 * torch.rand(n, 1, generator=g)
    angle = 2 * math.pi * pace * torch.linspace(0, 1, steps) + 0.5 * torch.randn(n, 1, generator=g)
    sin, cos, none = torch.sin(angle), torch.cos(angle), torch.zeros(n, steps)
    tracks = [(sin, none, none), (none, sin, none), (cos, sin, none)]
    tracks += [(cos, -sin, none), (sin, torch.sin(2 * angle), none), (none, none, sin)]
    path = torch.stack([torch.stack(track, 2) for track in tracks], 1)[torch.arange(n), y]
    size = 0.6 + 0.8 * torch.rand(n, 1, 1, generator=g)
    return size * path + 0.35 * torch.randn(n, steps, 3, generator=g), y


def beats(n: int, seed: int, length: int = 64) -> tuple[Tensor, Tensor]:
    """Heart beats (n, 1, length) of four kinds: normal, no first wave, wide, the last wave upside down."""
    g = generator(seed)
    y = torch.randint(4, (n,), generator=g)
    t = torch.arange(float(length)) - 26 - 8 * torch.rand(n, 1, generator=g)
    first = 0.35 * torch.exp(-((t + 12) ** 2) / 12) * (y != 1)[:, None]
    width = torch.where(y == 2, 14.0, 3.0)[:, None]
    main = torch.exp(-(t**2) / width) - 0.3 * torch.exp(-((t - 4) ** 2) / width)
    last = 0.4 * torch.exp(-((t - 18) ** 2) / 30) * torch.where(y == 3, -1.0, 1.0)[:, None]
    size = 0.7 + 0.6 * torch.rand(n, 1, generator=g)
    return (size * (first + main + last) + 0.12 * torch.randn(n, length, generator=g)).unsqueeze(1), y


def fares(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Taxi rides as they come: places in km (from x, y, to x, y), hour, passengers, some of it NaN; and the fare."""
    g = generator(seed)
    places = 5 * torch.randn(n, 4, generator=g)
    hour, guests = 24 * torch.rand(n, generator=g), torch.randint(1, 6, (n,), generator=g).float()
    far = (places[:, 0] - places[:, 2]).abs() + (places[:, 1] - places[:, 3]).abs()
    fare = 3 + 1.6 * far * (1 + 0.3 * ((hour > 16) & (hour < 20))) + 2 * (hour < 5) + torch.randn(n, generator=g)
    rides = torch.cat([places, hour[:, None], guests[:, None]], 1)
    lost = torch.rand(n, generator=g) < 0.02
    rides[lost, 5] = math.nan
    return rides, fare


def bread(n: int, seed: int, shops: int = 8) -> tuple[Tensor, Tensor, Tensor]:
    """Shop and weekday (n, 2), degrees and whether there is a holiday (n, 2), and how many loaves were sold (n,)."""
    g, fixed = generator(seed), generator(0)
    of_shop, of_day = 0.6 * torch.randn(shops, generator=fixed), 0.4 * torch.randn(7, generator=fixed)
    kinds = torch.stack([torch.randint(shops, (n,), generator=g), torch.randint(7, (n,), generator=g)], 1)
    degrees = torch.randn(n, generator=g)
    holiday = (torch.rand(n, generator=g) < 0.15).float()
    rate = torch.exp(2.3 + of_shop[kinds[:, 0]] + of_day[kinds[:, 1]] - 0.25 * degrees - 0.8 * holiday)
    return kinds, torch.stack([degrees, holiday], 1), torch.poisson(rate, generator=g)


def patients(n: int, seed: int, columns: int = 8) -> tuple[Tensor, Tensor, Tensor]:
    """Standardised columns, the months until the event or the last visit, and whether the event was seen."""
    g = generator(seed)
    x = torch.randn(n, columns, generator=g)
    risk = 1.2 * x[:, 0] - 0.8 * x[:, 1] + 0.7 * x[:, 2] * x[:, 3] + 0.6 * (x[:, 4].abs() - 0.8)
    until = torch.empty(n).exponential_(generator=g) * 20 * torch.exp(-risk)
    visit = torch.empty(n).exponential_(generator=g) * 60
    return x, torch.minimum(until, visit), (until <= visit).float()


def river(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """The rain of each hour and the level of the river, which follows it slowly; both of mean 0 and deviation 1."""
    g = generator(seed)
    rain = torch.empty(n).exponential_(generator=g) * (torch.rand(n, generator=g) < 0.15)
    season = torch.sin(2 * math.pi * torch.arange(n) / 150 + 6.28 * torch.rand(1, generator=g))
    level, fast, slow = torch.zeros(n), 0.0, 0.0
    for i in range(n):
        fast, slow = 0.7 * fast + float(rain[i]), 0.95 * slow + 0.2 * float(rain[i])
        level[i] = 0.3 * fast + 0.5 * slow
    level = level + 1.2 * season + 0.1 * torch.randn(n, generator=g)
    return (rain - rain.mean()) / rain.std(), (level - level.mean()) / level.std()


def arrows(n: int, seed: int, size: int = 14) -> tuple[Tensor, Tensor, Tensor]:
    """Pictures (n, 1, size, size) of an arrow, where it points to (right, left, down, up), and its quarter (0 to 3)."""
    g = generator(seed)
    y, quarter = torch.randint(4, (n,), generator=g), torch.randint(4, (n,), generator=g)
    arrow = torch.zeros(5, 5)
    arrow[2] = arrow[1, 3] = arrow[3, 3] = arrow[0, 2] = arrow[4, 2] = 1.0
    looks = torch.stack([arrow, arrow.flip(1), arrow.T, arrow.flip(1).T])
    x = 0.25 * torch.randn(n, 1, size, size, generator=g)
    shift = torch.randint(size // 2 - 4, (n, 2), generator=g)
    light = 0.6 + 0.8 * torch.rand(n, generator=g)
    for i in range(n):
        row = int(shift[i, 0]) + (size // 2 - 1) * int(quarter[i] // 2)
        col = int(shift[i, 1]) + (size // 2 - 1) * int(quarter[i] % 2)
        x[i, 0, row : row + 5, col : col + 5] += light[i] * looks[y[i]]
    return x, y, quarter


def cells(n: int, seed: int, size: int = 24) -> tuple[Tensor, Tensor]:
    """Pictures (n, 1, size, size) of three to six round cells, some pale, and the masks of all cells (0 or 1)."""
    g = generator(seed)
    row, col = torch.meshgrid(torch.arange(size) + 0.5, torch.arange(size) + 0.5, indexing="ij")
    x, mask = 0.2 * torch.randn(n, size, size, generator=g), torch.zeros(n, size, size)
    for i in range(n):
        for _ in range(int(torch.randint(3, 7, (1,), generator=g))):
            place, radius, light = torch.rand(2, generator=g) * size, 1.8 + 1.6 * torch.rand(1, generator=g), 0.0
            light = 0.5 + 0.5 * torch.rand(1, generator=g)
            inside = torch.hypot(row - place[0], col - place[1]) < radius
            x[i] = torch.where(inside, x[i] + light * (mask[i] == 0), x[i])
            mask[i] = torch.maximum(mask[i], inside.float())
    return x.unsqueeze(1), mask.unsqueeze(1)


def quizzes(n: int, seed: int, length: int = 24, skills: int = 12) -> tuple[Tensor, Tensor]:
    """The skill that each question of a pupil asks for (n, length), and whether the answer was right (n, length)."""
    g, fixed = generator(seed), generator(0)
    hard = 0.8 * torch.randn(skills, generator=fixed)
    asked = torch.randint(skills, (n, length), generator=g)
    able = 1.2 * torch.randn(n, skills, generator=g) + 1.2 * torch.randn(n, 1, generator=g)
    right = torch.zeros(n, length)
    rows = torch.arange(n)
    for t in range(length):
        known = torch.sigmoid(1.5 * (able[rows, asked[:, t]] - hard[asked[:, t]]))
        right[:, t] = (torch.rand(n, generator=g) < known).float()
        able[rows, asked[:, t]] += 0.15
    return asked, right


def wards(n: int, seed: int, columns: int = 10) -> tuple[Tensor, Tensor, Tensor]:
    """Standardised columns, the hours that a patient stays (about 100), and whether he or she comes back."""
    g = generator(seed)
    x = torch.randn(n, columns, generator=g)
    hours = 100 * torch.exp(0.5 * torch.tanh(x[:, 0] + x[:, 1]) + 0.3 * x[:, 2] + 0.2 * torch.randn(n, generator=g))
    score = 2.5 * (x[:, 3] * x[:, 4] + x[:, 5] - 0.5 * x[:, 6])
    return x, hours, (torch.rand(n, generator=g) < torch.sigmoid(score)).float()


def compounds(n: int, seed: int, kinds: int = 5) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Compounds as kinds of atoms (5 to 11), bonds (2, m) both ways, and a property, deviation about one half."""
    g, fixed = generator(seed), generator(0)
    own, pair = torch.randn(kinds, generator=fixed), torch.randn(kinds, kinds, generator=fixed)
    pair, found = (pair + pair.T) / 2, []
    for _ in range(n):
        atoms = torch.randint(kinds, (int(torch.randint(5, 12, (1,), generator=g)),), generator=g)
        parents = [int(torch.randint(i, (1,), generator=g)) for i in range(1, len(atoms))]
        ends = torch.tensor([list(range(1, len(atoms))), parents])
        bonds = pair[atoms[ends[0]], atoms[ends[1]]].mean()
        value = 1.5 * own[atoms].mean() + 2.0 * bonds + 0.05 * torch.randn((), generator=g)
        found.append((atoms, torch.cat([ends, ends.flip(0)], 1), value))
    return found


def dates(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Dates as ten tokens: an order (10 to 12), then day, month (13 to 24) and year as people write them; as MMDD."""
    g = generator(seed)
    said, meant = [], []
    for _ in range(n):
        order, day, month, year = (
            int(torch.randint(k, (1,), generator=g)) + low for k, low in ((3, 0), (28, 1), (12, 1), (40, 1980))
        )
        d, m, y = [day // 10, day % 10], [12 + month], [int(c) for c in str(year)]
        said.append([10 + order, *((d + m + y), (m + d + y), (y + m + d))[order]])
        meant.append([month // 10, month % 10, *d])
    return torch.tensor(said), torch.tensor(meant)


def pumps(n: int, seed: int, columns: int = 10, share: float = 0.04) -> tuple[Tensor, Tensor]:
    """Standardised readings of pumps and whether the pump failed within a week; few did."""
    g = generator(seed)
    x = torch.randn(n, columns, generator=g)
    strain = x[:, 0] * x[:, 1] + 0.8 * x[:, 2] + 0.6 * (x[:, 3].abs() - 0.8) + 0.25 * torch.randn(n, generator=g)
    return x, (strain > torch.quantile(strain, 1 - share)).float()
