"""Data of the programs of author K: taps, stars, vowels, slopes of snow, barcodes, whales, roads and others; seeded."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def generator(seed: int) -> torch.Generator:
    """A generator of its own for each set of data."""
    return torch.Generator().manual_seed(117000 + seed)


def taps(n: int, seed: int, letters: int = 8, length: int = 32) -> tuple[Tensor, Tensor]:
    """How loud a tapped letter is over time (n, length, 1), and which of eight letters it was."""
    g = generator(seed)
    codes = ["01", "1000", "1010", "100", "0", "0010", "110", "0000"]
    y, x = torch.randint(letters, (n,), generator=g), torch.zeros(n, length, 1)
    begin = torch.randint(4, (n,), generator=g)
    for row, (letter, at) in enumerate(zip(y.tolist(), begin.tolist(), strict=True)):
        for sign in codes[letter]:
            wide = 5 if sign == "1" else 2
            x[row, at : at + wide] = 1
            at += wide + 2
    return x + 0.15 * torch.randn(x.shape, generator=g), y


def stars(n: int, seed: int, kinds: int = 5) -> tuple[Tensor, Tensor]:
    """Six colours and brightnesses of a star, standardised, and which of five kinds it is."""
    g, fixed = generator(seed), generator(3)
    y = torch.randint(kinds, (n,), generator=g)
    centre = 1.2 * torch.randn(kinds, 2, 6, generator=fixed)
    side = torch.randint(2, (n,), generator=g)
    return (centre[y, side] + 0.5 * torch.randn(n, 6, generator=g)) / 1.3, y


def vowels(n: int, seed: int, kinds: int = 10) -> tuple[Tensor, Tensor]:
    """Five resonances of a spoken vowel, standardised (n, 5), and which of ten vowels it is."""
    g, fixed = generator(seed), generator(4)
    y = torch.randint(kinds, (n,), generator=g)
    centre = torch.randn(kinds, 5, generator=fixed)
    speaker = 0.35 * torch.randn(n, 1, generator=g)
    return centre[y] + speaker + 0.4 * torch.randn(n, 5, generator=g), y


def slopes(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Height in metres, pressure in pascals, steepness, fresh snow in mm, year (n, 5), and 1 where the snow slid."""
    g = generator(seed)
    z = torch.randn(n, 5, generator=g)
    score = z[:, 2] * z[:, 3] + 0.8 * z[:, 0] - 0.6 * z[:, 1]
    y = (torch.rand(n, generator=g) < torch.sigmoid(4 * score)).float()
    unit, usual = torch.tensor([400.0, 900.0, 7.0, 150.0, 9.0]), torch.tensor([2200.0, 78000.0, 35.0, 400.0, 2005.0])
    return usual + unit * z, y


def barcodes(n: int, seed: int, width: int = 40) -> tuple[Tensor, Tensor]:
    """A line of a photographed barcode (n, 1, width), and its digit, 0 to 9."""
    g, fixed = generator(seed), generator(5)
    bars = (torch.rand(10, 8, generator=fixed) < 0.5).float()
    y = torch.randint(10, (n,), generator=g)
    line = bars[y].repeat_interleave(4, 1)
    x = torch.zeros(n, width)
    for row, at in enumerate(torch.randint(width - 32, (n,), generator=g).tolist()):
        x[row, at : at + 32] = line[row]
    return (x + 0.3 * torch.randn(n, width, generator=g)).unsqueeze(1) - 0.4, y


def whales(n: int, seed: int, kinds: int = 6, size: int = 16) -> tuple[Tensor, Tensor]:
    """Spectrograms (n, 1, size, size) of whales' calls, folder by folder, and which of six whales it is."""
    g = generator(seed)
    y = torch.arange(n) * kinds // n
    time, tone = torch.arange(float(size)), torch.arange(float(size))[:, None]
    rise = torch.tensor([-0.6, -0.2, 0.2, 0.6, 0.0, 0.0])[y][:, None]
    bend = torch.tensor([0.0, 0.0, 0.0, 0.0, 0.12, -0.12])[y][:, None]
    middle = 7.5 + 1.5 * torch.randn(n, 1, generator=g)
    line = middle + rise * (time - 7.5) + bend * ((time - 7.5).square() - 20)
    x = torch.exp(-0.5 * (tone - line[:, None]).square())
    return (x + 0.3 * torch.randn(n, size, size, generator=g)).unsqueeze(1), y


def letters(n: int, seed: int, kinds: int = 12) -> tuple[Tensor, Tensor]:
    """Letters of 7 by 5 dots on a ground of 10 by 8 (n, 1, 10, 8), with dirt, and which of twelve it is."""
    g, fixed = generator(seed), generator(6)
    shape = (torch.rand(kinds, 7, 5, generator=fixed) < 0.5).float()
    y = torch.randint(kinds, (n,), generator=g)
    x = torch.zeros(n, 10, 8)
    down, right = torch.randint(4, (n,), generator=g).tolist(), torch.randint(4, (n,), generator=g).tolist()
    for row in range(n):
        x[row, down[row] : down[row] + 7, right[row] : right[row] + 5] = shape[y[row]]
    return (x + 0.25 * torch.randn(n, 10, 8, generator=g) - 0.2).unsqueeze(1), y


def roads(n: int, seed: int, size: int = 20) -> tuple[Tensor, Tensor]:
    """Land from above (n, 1, size, size) with two roads among fields, and where the roads are (0 or 1)."""
    g = generator(seed)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    mask = torch.zeros(n, size, size)
    for _ in range(2):
        turn = math.pi * torch.rand(n, 1, 1, generator=g)
        at = 4 + 12 * torch.rand(n, 2, 1, 1, generator=g)
        far = (torch.cos(turn) * (row - at[:, 0]) + torch.sin(turn) * (col - at[:, 1])).abs()
        mask = torch.maximum(mask, (far < 1.2).float())
    field = torch.nn.functional.interpolate(torch.randn(n, 1, 5, 5, generator=g), size, mode="bilinear")[:, 0]
    x = 0.8 * mask + 0.5 * field + 0.35 * torch.randn(n, size, size, generator=g)
    return x.unsqueeze(1), mask.unsqueeze(1)


def boards(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Boards of noughts and crosses (n, 9) as -1, 0, 1, and 1 where the two marks of opposite corners are alike."""
    x = torch.randint(3, (n, 9), generator=generator(seed)).float() - 1
    return x, (x[:, 0] * x[:, 8] + x[:, 2] * x[:, 6] > 0).float()


def echoes(n: int, seed: int, length: int = 48) -> tuple[Tensor, Tensor]:
    """A bat's call and its echo (n, length), and how late the echo came, standardised."""
    g = generator(seed)
    at = torch.arange(float(length))
    late = 8 + 30 * torch.rand(n, 1, generator=g)
    call = torch.exp(-0.5 * ((at - 4) / 1.5).square())
    x = call + (0.5 + 0.5 * torch.rand(n, 1, generator=g)) * torch.exp(-0.5 * ((at - late) / 2).square())
    return x + 0.05 * torch.randn(n, length, generator=g), (late[:, 0] - 23) / 8.7


def rides(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Of a bus: metres to go, seconds since it was seen, load, hour, the gap to the bus before (n, 5); late, scaled."""
    g = generator(seed)
    z = torch.randn(n, 5, generator=g)
    late = 0.6 * z[:, 0] + 0.4 * z[:, 2] * z[:, 3] - 0.5 * torch.tanh(z[:, 4]) + 0.1 * torch.randn(n, generator=g)
    gap = (300 + 150 * z[:, 4]).clamp_min(0)
    return torch.stack([2000 + 600 * z[:, 0], 60 + 20 * z[:, 1], z[:, 2], z[:, 3], gap], 1), late


def matches(seasons: int, seed: int, teams: int = 12, games: int = 240) -> tuple[Tensor, Tensor]:
    """Who played whom (seasons, games, 2), and 1 where the first of the two won; teams differ in strength."""
    g, fixed = generator(seed), generator(7)
    strength = torch.randn(teams, generator=fixed)
    home = torch.randint(teams, (seasons, games), generator=g)
    away = (home + torch.randint(1, teams, (seasons, games), generator=g)) % teams
    won = torch.rand(seasons, games, generator=g) < torch.sigmoid(2 * (strength[home] - strength[away]))
    return torch.stack([home, away], 2), won.float()


def rare_words(n: int, seed: int, signs: int = 20, length: int = 8, wide: int = 16) -> tuple[Tensor, Tensor]:
    """Words as signs (n, length), and the vector (n, wide) that a large table has for each, of length one."""
    g, fixed = generator(seed), generator(8)
    said = torch.randint(signs, (n, length), generator=g)
    meaning = torch.randn(signs, wide, generator=fixed)
    vector = meaning[said].sum(1) + 0.5 * meaning[said[:, 0]] + 0.3 * torch.randn(n, wide, generator=g)
    return said, torch.nn.functional.normalize(vector, dim=1)


def hives(n: int, seed: int, length: int = 64) -> tuple[Tensor, Tensor]:
    """Sound of a hive (n, length), and 0 calm, 1 about to swarm, 2 without a queen."""
    g = generator(seed)
    y = torch.randint(3, (n,), generator=g)
    t = torch.arange(length) / length
    pitch = torch.tensor([5.0, 8.0, 5.0])[y][:, None] + 0.5 * torch.randn(n, 1, generator=g)
    phase = torch.rand(n, 2, 1, generator=g)
    x = torch.sin(2 * math.pi * (pitch * t + phase[:, 0]))
    x = x + (y == 2)[:, None] * 0.8 * torch.sin(2 * math.pi * (13 * t + phase[:, 1]))
    return x + 0.8 * torch.randn(n, length, generator=g), y


def dances(n: int, seed: int, joints: int = 10, frames: int = 8) -> tuple[Tensor, Tensor]:
    """Where ten joints are in eight frames (n, frames, joints * 2), and which of five dances it is."""
    g, fixed = generator(seed), generator(9)
    y = torch.randint(5, (n,), generator=g)
    way = torch.randn(5, 2, joints * 2, generator=fixed)
    phase = 6.3 * torch.rand(n, 1, generator=g) + 0.9 * torch.arange(float(frames))
    x = torch.sin(phase)[..., None] * way[y, 0][:, None] + torch.cos(phase)[..., None] * way[y, 1][:, None]
    return x + 0.9 * torch.randn(x.shape, generator=g), y


def perfumes(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Twenty-four sensors' answers to a perfume (n, 24), and the shares of four oils in it, standardised (n, 4)."""
    g, fixed = generator(seed), generator(10)
    share = torch.rand(n, 4, generator=g)
    x = torch.tanh((share - 0.5) @ (2 * torch.randn(4, 24, generator=fixed)) + 0.5 * torch.randn(24, generator=fixed))
    return x + 0.05 * torch.randn(n, 24, generator=g), (share - 0.5) / 0.29


def glaciers(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Snow, summer's warmth, height, slope, dust of a year, standardised (n, 5), and the balance in metres of water."""
    g = generator(seed)
    x = torch.randn(n, 5, generator=g)
    balance = -0.7 + 0.5 * x[:, 0] - 0.8 * torch.relu(x[:, 1]) + 0.3 * x[:, 2] - 0.2 * x[:, 4] * x[:, 1]
    return x, balance + 0.05 * torch.randn(n, generator=g)


def cheeses(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Nine measures of a cheese, standardised, and how many weeks it ripened, standardised (n,)."""
    g, fixed = generator(seed), generator(11)
    x = torch.randn(n, 9, generator=g)
    age = torch.tanh(x @ torch.randn(9, generator=fixed) / 2) + 0.5 * x[:, 1] * x[:, 2] + 0.4 * x[:, 3]
    return x, (age - age.mean()) / age.std() + 0.1 * torch.randn(n, generator=g)


def honeys(n: int, seed: int, length: int = 40) -> Tensor:
    """Spectra of honey (n, length), mean about 0: four lines whose strengths differ from jar to jar."""
    g = generator(seed)
    at = torch.arange(float(length))
    strong = 0.4 + torch.rand(n, 4, generator=g)
    x = torch.zeros(n, length)
    for line, place in enumerate((6.0, 15.0, 22.0, 33.0)):
        x = x + strong[:, line : line + 1] * torch.exp(-0.5 * ((at - place) / 2.5).square())
    return 2 * (x - 0.4) + 0.05 * torch.randn(n, length, generator=g)


def first_signs(n: int, seed: int, length: int = 9, signs: int = 6) -> tuple[Tensor, Tensor]:
    """Rows of signs (n, length); the answer is the first of them."""
    x = torch.randint(signs, (n, length), generator=generator(seed))
    return x, x[:, 0]


def guests(n: int, seed: int, most: int = 6, wide: int = 8) -> tuple[Tensor, Tensor, Tensor]:
    """Up to six marks that guests gave a room (n, most, wide), how many there are, 0 to 6, and its next mark."""
    g, fixed = generator(seed), generator(12)
    many = torch.randint(1, most + 1, (n,), generator=g)
    many = torch.where(torch.rand(n, generator=g) < 0.02, 0, many)
    liked = torch.randn(n, 1, wide, generator=g)
    marks = liked + 0.5 * torch.randn(n, most, wide, generator=g)
    there = torch.arange(most) < many[:, None]
    nxt = torch.tanh(liked[:, 0] @ torch.randn(wide, generator=fixed) / 2) * (many > 0)
    return marks * there[..., None], many, nxt + 0.1 * torch.randn(n, generator=g)


def clocks(n: int, seed: int, size: int = 18) -> tuple[Tensor, Tensor, Tensor]:
    """Faces of clocks (n, 1, size, size), the hour, 0 to 11, and the quarter of an hour, 0 to 3."""
    g = generator(seed)
    hour, quarter = torch.randint(12, (n,), generator=g), torch.randint(4, (n,), generator=g)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    dy, dx = row - size / 2 + 0.5, col - size / 2 + 0.5
    x = torch.zeros(n, size, size)
    for part, reach, wide in ((hour / 12 + quarter / 48, 5.0, 1.1), (quarter / 4, 8.0, 0.7)):
        turn = 2 * math.pi * part[:, None, None]
        along, across = dx * torch.sin(turn) - dy * torch.cos(turn), dx * torch.cos(turn) + dy * torch.sin(turn)
        x = torch.maximum(x, ((along > -0.5) & (along < reach)).float() * torch.exp(-(across / wide).square()))
    return (x + 0.1 * torch.randn(n, size, size, generator=g)).unsqueeze(1), hour, quarter


def typists(n: int, seed: int, people: int = 8) -> tuple[Tensor, Tensor]:
    """How long twelve keys are held and the gaps between, standardised (n, 23), and which of eight people typed."""
    g, fixed = generator(seed), generator(13)
    y = torch.randint(people, (n,), generator=g)
    habit = torch.randn(people, 23, generator=fixed)
    hurry = 0.7 * torch.randn(n, 1, generator=g)
    return (0.8 * habit[y] + hurry + 0.8 * torch.randn(n, 23, generator=g)) / 1.3, y


def loglines(n: int, seed: int, words: int = 30, length: int = 14) -> tuple[Tensor, Tensor]:
    """Lines of a log as numbers of words (n, length), and 0 to 3: which kind of fault its words speak of."""
    g, fixed = generator(seed), generator(14)
    taste = torch.softmax(1.3 * torch.randn(4, words, generator=fixed), 1)
    y = torch.randint(4, (n,), generator=g)
    return torch.multinomial(taste[y], length, replacement=True, generator=g), y


def orbits(n: int, seed: int, length: int = 20) -> tuple[Tensor, Tensor]:
    """Brightness of a star over time (n, length), mean about 12, deviation about 3, and 0 to 2: how it varies."""
    g = generator(seed)
    y = torch.randint(3, (n,), generator=g)
    t = torch.arange(float(length)) + 20 * torch.rand(n, 1, generator=g)
    turn = 2 * math.pi * t / 8
    forms = torch.stack([torch.sin(turn), torch.sin(turn).sign(), (t % 8) / 4 - 1], 1)
    x = 1.4 * forms[torch.arange(n), y]
    return 12 + 2.5 * x + 0.6 * torch.randn(n, length, generator=g), y


def dyes(n: int, seed: int, many: int = 30) -> Tensor:
    """Spectra (n, many), mean about 0 and deviation about 1: two or three of ten dyes on cloth."""
    g, fixed = generator(seed), generator(15)
    dye = torch.randn(10, many, generator=fixed)
    there = (torch.rand(n, 10, generator=g) < 0.25).float() * (0.5 + torch.rand(n, 10, generator=g))
    x = there @ dye
    return (x - x.mean(0)) / x.std() + 0.05 * torch.randn(n, many, generator=g)


def saps(n: int, seed: int) -> Tensor:
    """How fast sap flows in a tree, hour by hour (n,), deviation about 1."""
    g = generator(seed)
    noise, x = torch.randn(n, generator=g).tolist(), [0.0]
    for hour in range(1, n):
        x.append(0.75 * x[-1] + 0.6 * noise[hour])
    day = torch.sin(2 * math.pi * torch.arange(n) / 24)
    return 0.5 * day + torch.tensor(x)


def showers(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Six readings of a morning, standardised, the afternoon's rain, mostly none, and the rain to be expected."""
    g, fixed = generator(seed), generator(16)
    x = torch.randn(n, 6, generator=g)
    likely = 0.05 + 0.38 * torch.sigmoid(3 * (x @ torch.randn(6, generator=fixed)) / 2)
    amount = -4 * torch.rand(n, generator=g).log()
    return x, amount * (torch.rand(n, generator=g) < likely), 4 * likely


def tomatoes(n: int, seed: int, size: int = 10) -> tuple[Tensor, Tensor]:
    """Pictures (n, 3, size, size) of tomatoes of any size and place, and 0 green, 1 red, 2 blue with rot."""
    g = generator(seed)
    y = torch.randint(3, (n,), generator=g)
    colour = torch.tensor([[0.2, 0.8, 0.2], [0.8, 0.25, 0.2], [0.25, 0.25, 0.6]])[y]
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    at = 3 + 4 * torch.rand(n, 2, 1, 1, generator=g)
    round_ = torch.sigmoid(2 * (2.2 + torch.rand(n, 1, 1, generator=g) - torch.hypot(row - at[:, 0], col - at[:, 1])))
    colour = colour + 0.12 * torch.randn(n, 3, generator=g)
    x = round_[:, None] * colour[..., None, None] - 0.2
    return x + 0.15 * torch.randn(n, 3, size, size, generator=g), y


def trusses(n: int, seed: int, knots: int = 8) -> tuple[Tensor, Tensor, Tensor]:
    """Places and loads of a bridge's knots, scaled (n, knots, 3), who is bound to whom, the largest force in N."""
    g = generator(seed)
    x = torch.randn(n, knots, 3, generator=g)
    far = torch.cdist(x[..., :2], x[..., :2])
    bound = (far < far.flatten(1).median(1).values[:, None, None]).float()
    near = bound @ x[..., 2:] / bound.sum(-1, keepdim=True)
    force = (x[..., 2] + near[..., 0]).amax(1) + 0.5 * (x[..., 1] * x[..., 2]).mean(1)
    return x, bound, 180000 + 60000 * force


def soundings(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Places along a lake, 0 to 10 (n, 1), and how deep it is there, deviation about 1."""
    g = generator(seed)
    x = 10 * torch.rand(n, 1, generator=g)
    depth = torch.sin(1.3 * x[:, 0]) + 0.5 * torch.cos(2.9 * x[:, 0])
    return x, depth + 0.05 * torch.randn(n, generator=g)


def chords(n: int, seed: int, length: int = 12, kinds: int = 4) -> tuple[Tensor, Tensor]:
    """Noisy sounds (n, length, 6), and the chord of each (n, length), where a chord mostly leads to the next one."""
    g, fixed = generator(seed), generator(17)
    sound = torch.randn(kinds, 6, generator=fixed)
    rows = [torch.randint(kinds, (n,), generator=g)]
    for _ in range(length - 1):
        free = torch.randint(kinds, (n,), generator=g)
        rows.append(torch.where(torch.rand(n, generator=g) < 0.7, (rows[-1] + 1) % kinds, free))
    y = torch.stack(rows, 1)
    return sound[y] + 1.3 * torch.randn(n, length, 6, generator=g), y


def marked_sums(n: int, seed: int, length: int = 24) -> tuple[Tensor, Tensor]:
    """Rows of numbers, 0 to 1, and marks (n, length, 2): two numbers are marked, the answer is their sum."""
    g = generator(seed)
    x = torch.zeros(n, length, 2)
    x[..., 0] = torch.rand(n, length, generator=g)
    half = length // 2
    first, second = torch.randint(half, (n,), generator=g), half + torch.randint(half, (n,), generator=g)
    rows = torch.arange(n)
    x[rows, first, 1] = x[rows, second, 1] = 1
    return x, (x[..., 0] * x[..., 1]).sum(1)


def growths(n: int, seed: int, points: int = 16) -> tuple[Tensor, Tensor]:
    """Curves of growth, each seen at sixteen times, 0 to 1 (n, points), and how large it is there, about 0."""
    g = generator(seed)
    t = torch.rand(n, points, generator=g)
    high, steep = 0.6 + torch.rand(n, 1, generator=g), 6 + 6 * torch.rand(n, 1, generator=g)
    middle = 0.3 + 0.4 * torch.rand(n, 1, generator=g)
    return t, 2 * high * torch.sigmoid(steep * (t - middle)) - 1 + 0.03 * torch.randn(n, points, generator=g)


def dots(n: int, seed: int, kinds: int = 6) -> Tensor:
    """Patterns of 5 by 5 dots, each 0 or 1 (n, 25): one of six signs, with a dot in twenty wrong."""
    g, fixed = generator(seed), generator(18)
    sign = (torch.rand(kinds, 25, generator=fixed) < 0.5).float()
    x = sign[torch.randint(kinds, (n,), generator=g)]
    return torch.where(torch.rand(n, 25, generator=g) < 0.05, 1 - x, x)
