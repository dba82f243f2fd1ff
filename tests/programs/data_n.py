"""Data of the programs of author N: comets, minerals, pulses, pigeons, barges, violins and others; seeded."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def generator(seed: int) -> torch.Generator:
    """A generator of its own for each set of data."""
    return torch.Generator().manual_seed(91000 + seed)


def comets(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Day, distance (million km), eccentricity, inclination, period and size of a comet, as listed; its brightness."""
    g = generator(seed)
    day = 38000 + 6000 * torch.rand(n, generator=g)
    far = 150 * torch.exp(0.5 * torch.randn(n, generator=g))
    bent = 0.3 + 0.7 * torch.rand(n, generator=g)
    tilt = 180 * torch.rand(n, generator=g)
    years = 5 + 70 * torch.rand(n, generator=g)
    size = 3000 * torch.exp(0.4 * torch.randn(n, generator=g))
    y = -1.4 * torch.log(far / 150) + 0.8 * torch.log(size / 3000) + torch.sin(6 * bent) * 0.5
    y = y + 0.4 * torch.cos(tilt / 57.3) + 0.08 * torch.randn(n, generator=g)
    return torch.stack([day, far, bent, tilt, years, size], 1), y


def minerals(n: int, seed: int, length: int = 60) -> tuple[Tensor, Tensor]:
    """Light scattered by a mineral (n, 1, length), deviation about 1, and which of five minerals it is."""
    g, fixed = generator(seed), generator(0)
    place, height = length * torch.rand(5, 4, generator=fixed), 1 + torch.rand(5, 4, generator=fixed)
    y = torch.randint(5, (n,), generator=g)
    at = place[y] + torch.randn(n, 4, generator=g)
    tall = height[y] * torch.exp(0.3 * torch.randn(n, 4, generator=g))
    t = torch.arange(float(length))
    x = (tall[..., None] * torch.exp(-((t - at[..., None]) ** 2) / 8)).sum(1)
    x = x + torch.randn(n, 1, generator=g) * 0.3 + 0.35 * torch.randn(n, length, generator=g)
    return ((x - 0.4) / 0.75)[:, None], y


def borrowers(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Six columns about a loan of a library, standardised; the fine paid for it, in euros; 1 if it was late."""
    g = generator(seed)
    x = torch.randn(n, 6, generator=g)
    score = 1.5 * x[:, 0] + torch.sin(2 * x[:, 1]) + x[:, 2] * x[:, 3] - 0.7 * x[:, 4] - 0.5
    y = (score + 0.5 * torch.randn(n, generator=g) > 0).float()
    return x, y * (0.5 + 3 * torch.rand(n, generator=g)), y


def pulses(n: int, seed: int, length: int = 50) -> tuple[Tensor, Tensor]:
    """Pressure of a pulse (n, 1, length), deviation about 1, and whether it is even, notched or double (0 to 2)."""
    g = generator(seed)
    y = torch.randint(3, (n,), generator=g)
    t = torch.arange(float(length))
    start = 8 + 8 * torch.rand(n, 1, generator=g)
    first = torch.exp(-((t - start) ** 2) / 18)
    second = torch.exp(-((t - start - 14) ** 2) / 30) * torch.tensor([0.1, 0.45, 0.9])[y][:, None]
    dip = -0.35 * torch.exp(-((t - start - 8) ** 2) / 4) * torch.tensor([0.0, 1.0, 0.0])[y][:, None]
    x = first + second + dip + 0.18 * torch.randn(n, length, generator=g)
    return ((x - 0.25) / 0.37)[:, None], y


def pigeons(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Wind, distance, age, weight, height and hour of a flight of a pigeon, standardised, and how long it took."""
    g = generator(seed)
    x = torch.randn(n, 6, generator=g)
    y = (
        0.9 * x[:, 1]
        - 0.6 * x[:, 0] * torch.sigmoid(2 * x[:, 4])
        + 0.4 * x[:, 2] ** 2
        - 0.4
        + 0.3 * torch.sin(2 * x[:, 5])
    )
    return x, y + 0.1 * torch.randn(n, generator=g)


def barges(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Six columns about a barge and its load, standardised, and how many metres it goes on a day."""
    g = generator(seed)
    x = torch.randn(n, 6, generator=g)
    way = 40 + 9 * torch.tanh(x[:, 0]) + 7 * torch.sin(x[:, 1] + x[:, 2]) + 5 * torch.relu(x[:, 3]) - 4 * x[:, 4]
    return x, 1000 * (way + torch.randn(n, generator=g))


def rusty_leaves(n: int, seed: int, size: int = 20) -> tuple[Tensor, Tensor]:
    """Pictures of leaves (n, 1, size, size), deviation about 1, and as bytes (n, size, size) 1 where there is rust."""
    g = generator(seed)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    mask, x = torch.zeros(n, size, size), torch.zeros(n, size, size)
    for _ in range(3):
        middle = size * torch.rand(n, 2, 1, 1, generator=g)
        wide = 2 + 2.5 * torch.rand(n, 1, 1, generator=g)
        far = ((row - middle[:, 0]) ** 2 + (col - middle[:, 1]) ** 2).sqrt()
        mask = torch.maximum(mask, (far < wide).float())
        x = torch.maximum(x, 1.6 * torch.sigmoid(2 * (wide - far)))
    vein = 0.6 * torch.sin(0.7 * (row + col) + 6 * torch.rand(n, 1, 1, generator=g))
    x = x + vein + 0.4 * torch.randn(n, size, size, generator=g)
    return ((x - 0.3) / 0.85)[:, None], mask.to(torch.uint8)


def gloves(n: int, seed: int, length: int = 15) -> tuple[Tensor, Tensor]:
    """How far each of five fingers is bent (n, length, 5), deviation about 1, and which of six signs is made."""
    g, fixed = generator(seed), generator(0)
    begin, end = torch.randn(6, 5, generator=fixed), torch.randn(6, 5, generator=fixed)
    y = torch.randint(6, (n,), generator=g)
    when = 4 + 7 * torch.rand(n, 1, 1, generator=g)
    turn = torch.sigmoid(1.5 * (torch.arange(float(length))[None, :, None] - when))
    x = begin[y][:, None] * (1 - turn) + end[y][:, None] * turn
    return x + 0.9 * torch.randn(n, length, 5, generator=g), y


def violins(n: int, seed: int, length: int = 80) -> tuple[Tensor, Tensor]:
    """A tone of a violin (n, 1, length), deviation about 1, and which of four makers built it."""
    g = generator(seed)
    y = torch.randint(4, (n,), generator=g)
    shares = torch.tensor([[1.0, 0.9, 0.1, 0.1], [1.0, 0.1, 0.9, 0.1], [1.0, 0.1, 0.1, 0.9], [1.0, 0.5, 0.5, 0.5]])
    pitch = 0.35 + 0.12 * torch.rand(n, 1, 1, generator=g)
    phase = 2 * math.pi * torch.rand(n, 4, 1, generator=g)
    t = torch.arange(float(length))
    part = torch.sin(pitch * torch.arange(1.0, 5.0)[None, :, None] * t + phase)
    x = (shares[y][..., None] * part).sum(1) + 0.3 * torch.randn(n, length, generator=g)
    return x[:, None], y


def kilns(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Five columns about a kiln, standardised, and how far its heat is from the set point, deviation about 1."""
    g = generator(seed)
    x = torch.randn(n, 5, generator=g)
    y = torch.tanh(1.5 * x[:, 0]) - 0.6 * torch.sin(2 * x[:, 1]) + 0.5 * x[:, 2] * torch.sigmoid(x[:, 3])
    return x, y + 0.1 * torch.randn(n, generator=g)


def pairs_of_numbers(n: int, seed: int, digits: int = 10) -> tuple[Tensor, Tensor]:
    """Two binary numbers, the highest digit first (n, digits, 2), each digit -1 or 1; 1 if the first is the larger."""
    g = generator(seed)
    x = torch.randint(2, (n, digits, 2), generator=g).float()
    worth = 2.0 ** -torch.arange(float(digits))
    return 2 * x - 1, ((x[..., 0] - x[..., 1]) @ worth > 0).float()


def cards(n: int, seed: int, laid: int = 6, suits: int = 8, values: int = 5) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Six cards of different suits: suits and values (n, 6) each; the suit that is asked for, and that card's value."""
    g = generator(seed)
    suit = torch.rand(n, suits, generator=g).argsort(1)[:, :laid]
    value = torch.randint(values, (n, laid), generator=g)
    at = torch.randint(laid, (n,), generator=g)
    rows = torch.arange(n)
    return suit, value, suit[rows, at], value[rows, at]


def mills(n: int, seed: int, bands: int = 12) -> tuple[Tensor, Tensor]:
    """Loudness of a windmill in twelve bands, in tens of decibels below full scale, and its power."""
    g, fixed = generator(seed), generator(0)
    hidden = torch.randn(n, 3, generator=g)
    mixed = hidden @ torch.randn(3, bands, generator=fixed) + 0.4 * torch.randn(n, bands, generator=g)
    y = torch.sin(1.3 * hidden[:, 0]) + 0.7 * torch.tanh(hidden[:, 1] * hidden[:, 2])
    return (-3 + 0.8 * torch.tanh(0.6 * mixed)).clamp(max=-0.5), y + 0.05 * torch.randn(n, generator=g)


def olives(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Eight acids of an olive oil, standardised, and which of three valleys it comes from."""
    g, fixed = generator(seed), generator(0)
    x = torch.randn(n, 8, generator=g)
    one, two = torch.randn(8, generator=fixed) / 8**0.5, torch.randn(8, generator=fixed) / 8**0.5
    score = torch.stack([(x @ one).abs() * 2.2 - 1.2, x @ two, -(x @ two) + 0.4 * x[:, 0]], 1)
    return x, (score + 0.1 * torch.randn(n, 3, generator=g)).argmax(1)


def weaves(n: int, seed: int, length: int = 16) -> tuple[Tensor, Tensor]:
    """Which of six yarns lies on top along a row of a cloth (n, length), and which of five weaves: by its period."""
    g = generator(seed)
    y = torch.randint(5, (n,), generator=g)
    shift, period = torch.randint(12, (n, 1), generator=g), (y + 2)[:, None]
    x = (torch.arange(length) + shift) % period
    torn = torch.rand(n, length, generator=g) < 0.1
    return torch.where(torn, torch.randint(6, (n, length), generator=g), x), y


def pipes(n: int, seed: int, nodes: int = 9) -> tuple[Tensor, Tensor, Tensor]:
    """Nets of pipes: features (n, nodes, 3), which are joined (n, nodes, nodes), and the loss of water, deviation 1."""
    g = generator(seed)
    x = torch.randn(n, nodes, 3, generator=g)
    joined = torch.triu(torch.rand(n, nodes, nodes, generator=g) < 0.3, diagonal=1).float()
    joined = joined + joined.transpose(1, 2)
    drop = torch.tanh(x[..., 0]) + 0.5 * (joined @ torch.relu(x[..., 1:2])).squeeze(2) * torch.sigmoid(x[..., 2])
    y = drop.mean(1)
    return x, joined, (y - 0.24) / 0.3


def spoons(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Two photographs of each spoon as twenty numbers (n, 20): five hidden numbers, seen from two sides."""
    g, fixed = generator(seed), generator(0)
    hidden = torch.randn(n, 5, generator=g)
    front = torch.tanh(hidden @ torch.randn(5, 20, generator=fixed)) + 0.2 * torch.randn(n, 20, generator=g)
    back = torch.tanh(hidden @ torch.randn(5, 20, generator=fixed)) + 0.2 * torch.randn(n, 20, generator=g)
    return front, back


def stamps(n: int, seed: int, series: int = 12) -> tuple[Tensor, Tensor]:
    """Sixteen measures of a stamp, and which of twelve series it belongs to."""
    g, fixed = generator(seed), generator(0)
    y = torch.randint(series, (n,), generator=g)
    hidden = torch.randn(series, 4, generator=fixed)[y] + 0.15 * torch.randn(n, 4, generator=g)
    x = torch.sin(1.2 * hidden @ torch.randn(4, 16, generator=fixed)) + 0.1 * torch.randn(n, 16, generator=g)
    return x, y


def vents(n: int, g: torch.Generator) -> tuple[Tensor, Tensor]:
    """Four readings of a greenhouse, and how well each of five settings of its vents would do, from 0 to 1."""
    x = torch.randn(n, 4, generator=g)
    best = 2 + 1.6 * torch.tanh(x[:, 0] - 0.7 * x[:, 1]) + 0.5 * torch.sin(2 * x[:, 2])
    return x, torch.exp(-((torch.arange(5.0) - best[:, None]) ** 2) / 1.5)


def shanties(words: int, seed: int, kinds: int = 60) -> Tensor:
    """One long text of ids: each word has five that may follow it, and a refrain of six words comes again and again."""
    g, fixed = generator(seed), generator(0)
    follow = torch.randint(kinds, (kinds, 5), generator=fixed)
    refrain = torch.randint(kinds, (6,), generator=fixed).tolist()
    share = torch.tensor([0.5, 0.25, 0.15, 0.05, 0.05])
    pick = torch.multinomial(share, words, replacement=True, generator=g).tolist()
    text, t = [0], 0
    while len(text) < words:
        text.append(int(follow[text[-1], pick[t]]))
        t += 1
        if t % 18 == 0:
            text += refrain
    return torch.tensor(text[:words])


def lighthouses(n: int, seed: int, size: int = 16) -> tuple[Tensor, Tensor]:
    """Pictures (n, 1, size, size) of a lamp at night, deviation about 1, and its form: disc, ring, bar or cross."""
    g = generator(seed)
    y = torch.randint(4, (n,), generator=g)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    middle = 5 + 6 * torch.rand(n, 2, 1, 1, generator=g)
    r, c = row - middle[:, 0], col - middle[:, 1]
    far = (r**2 + c**2).sqrt()
    forms = [far < 3, (far > 2) & (far < 4), (r.abs() < 1.5) & (c.abs() < 5)]
    forms.append(((r.abs() < 1) & (c.abs() < 4)) | ((c.abs() < 1) & (r.abs() < 4)))
    x = torch.stack(forms, 1)[torch.arange(n), y].float()
    return ((x + 0.3 * torch.randn(n, size, size, generator=g) - 0.11) / 0.43)[:, None], y


def carpets(n: int, seed: int, size: int = 16) -> tuple[Tensor, Tensor]:
    """Pieces of carpets (n, 3, size, size), deviation about 1, and which of five workshops knotted them."""
    g, fixed = generator(seed), generator(0)
    knot = torch.randn(5, 3, 4, 4, generator=fixed)
    y = torch.randint(5, (n,), generator=g)
    x = knot[y].repeat(1, 1, size // 4, size // 4)
    move = torch.randint(4, (2,), generator=g).tolist()
    half = n // 2
    x = torch.cat([x[:half], x[half:].roll(move, (2, 3))])
    return 0.45 * x + 0.9 * torch.randn(n, 3, size, size, generator=g), y


def bricks(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Seven measures of a brick, standardised, and the load that it bears, mean 0, deviation about 1."""
    g = generator(seed)
    x = torch.randn(n, 7, generator=g)
    y = 0.8 * torch.tanh(x[:, 0] + x[:, 1]) + 0.5 * torch.cos(1.5 * x[:, 2]) + 0.4 * x[:, 3] * x[:, 4] - 0.15
    return x, y + 0.1 * torch.randn(n, generator=g)


def dunes(n: int, seed: int, size: int = 12) -> tuple[Tensor, Tensor]:
    """How bright sand is seen from above (n, size * size), deviation about 1, and how high its ripples are, in km."""
    g = generator(seed)
    row, col = torch.meshgrid(torch.linspace(0, 1, size), torch.linspace(0, 1, size), indexing="ij")
    height = torch.zeros(n, size, size)
    for _ in range(2):
        wave = 3 + 5 * torch.rand(n, 2, 1, 1, generator=g)
        phase = 2 * math.pi * torch.rand(n, 1, 1, generator=g)
        height = height + torch.sin(wave[:, 0] * row + wave[:, 1] * col + phase)
    light = (height.roll(-1, 2) - height) * 2 + height * 0.3 + 0.1 * torch.randn(n, size, size, generator=g)
    return light.flatten(1), 1e-4 * height.flatten(1)


def ropes(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Six measures of a rope, standardised, and whether it breaks early, late or not at all (0 to 2)."""
    g = generator(seed)
    x = torch.randn(n, 6, generator=g)
    score = 1.3 * torch.sin(1.4 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.6 * x[:, 3].abs() - 0.5
    score = score + 0.2 * torch.randn(n, generator=g)
    return x, (score > -0.4).long() + (score > 0.6).long()


def buttons(n: int, seed: int, size: int = 14) -> tuple[Tensor, Tensor]:
    """Pictures (n, 1, size, size) of buttons, deviation about 1, and how many holes they have: 0, 2, 3 or 4."""
    g = generator(seed)
    y = torch.randint(4, (n,), generator=g)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    middle = 5.5 + 2 * torch.rand(n, 2, 1, 1, generator=g)
    r, c = row - middle[:, 0], col - middle[:, 1]
    x = ((r**2 + c**2).sqrt() < 5).float()
    turn = 2 * math.pi * torch.rand(n, generator=g)
    for hole in range(4):
        count = torch.tensor([0, 2, 3, 4])[y]
        angle = turn + 2 * math.pi * hole / count.clamp(min=1)
        at = ((r - 2.6 * angle.sin()[:, None, None]) ** 2 + (c - 2.6 * angle.cos()[:, None, None]) ** 2).sqrt() < 1.2
        x = torch.where(at & (hole < count)[:, None, None], torch.zeros(()), x)
    return ((x + 0.15 * torch.randn(n, size, size, generator=g) - 0.35) / 0.5)[:, None], y


def telegrams(n: int, seed: int, length: int = 14, words: int = 80) -> tuple[Tensor, Tensor]:
    """Word ids (n, length) of telegrams, and for which of four offices they are: each has words of its own."""
    g, fixed = generator(seed), generator(0)
    habit = torch.softmax(1.0 * torch.randn(4, words, generator=fixed), 1)
    y = torch.randint(4, (n,), generator=g)
    return torch.multinomial(habit[y], length, replacement=True, generator=g), y


def lace(n: int, seed: int, size: int = 12) -> Tensor:
    """Patterns of lace (n, size * size), between 0 and 1: four motifs of eight, each somewhat strong."""
    g, fixed = generator(seed), generator(0)
    motif = torch.randn(8, size * size, generator=fixed)
    strength = torch.randn(n, 8, generator=g) * (torch.rand(n, 8, generator=g) < 0.5)
    return torch.sigmoid(strength @ motif + 0.2 * torch.randn(n, size * size, generator=g))


def tapestries(n: int, seed: int, length: int = 40) -> tuple[Tensor, Tensor]:
    """A row of colours of a tapestry (n, 3, length), deviation about 1, and which of six towns it was woven in."""
    g, fixed = generator(seed), generator(0)
    motif = torch.randn(6, 3, 7, generator=fixed)
    y = torch.randint(6, (n,), generator=g)
    at = torch.randint(length - 7, (n, 2), generator=g).tolist()
    x = 0.6 * torch.randn(n, 3, length, generator=g)
    for i, places in enumerate(at):
        for place in places:
            x[i, :, place : place + 7] += motif[y[i]]
    return x, y


def seals(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Thirty measures of the whiskers of a seal, standardised, and which of five colonies it belongs to."""
    g, fixed = generator(seed), generator(0)
    y = torch.randint(5, (n,), generator=g)
    centre = torch.randn(5, 30, generator=fixed)
    return 0.5 * centre[y] + torch.randn(n, 30, generator=g), y


def meteors(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Eight columns about a meteor, standardised, and from which of four showers it comes."""
    g, fixed = generator(seed), generator(0)
    x = torch.randn(n, 8, generator=g)
    score = torch.tanh(x @ torch.randn(8, 12, generator=fixed) * 0.6) @ torch.randn(12, 4, generator=fixed)
    return x, (score + 0.15 * torch.randn(n, 4, generator=g)).argmax(1)


def padlocks(n: int, seed: int, size: int = 16) -> tuple[Tensor, Tensor]:
    """Pictures (n, 1, size, size) of padlocks, deviation about 1: which of four keyholes, by form and direction."""
    g = generator(seed)
    y = torch.randint(4, (n,), generator=g)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    middle = 6 + 4 * torch.rand(n, 2, 1, 1, generator=g)
    r, c = row - middle[:, 0], col - middle[:, 1]
    along = torch.where((y % 2 == 0)[:, None, None], r, c)
    across = torch.where((y % 2 == 0)[:, None, None], c, r)
    slot = (across.abs() < 1) & (along.abs() < 4)
    head = ((along + 3) ** 2 + across**2).sqrt() < torch.where(y < 2, 2.4, 0.1)[:, None, None]
    x = (slot | head).float()
    return ((x + 0.3 * torch.randn(n, size, size, generator=g) - 0.08) / 0.4)[:, None], y


def parrots(n: int, seed: int, length: int = 24) -> tuple[Tensor, Tensor]:
    """Loudness of a parrot (n, length, 1), deviation about 1, and how often it has called, less two."""
    g = generator(seed)
    y = torch.randint(5, (n,), generator=g)
    order = torch.rand(n, length // 2, generator=g).argsort(1).argsort(1)
    x = torch.zeros(n, length)
    x[:, ::2] = (order < (y + 2)[:, None]).float()
    return ((1.5 * x + 0.25 * torch.randn(n, length, generator=g) - 0.25) / 0.6)[..., None], y


def tables(n: int, seed: int, seats: int = 10, guests: int = 12) -> tuple[Tensor, Tensor]:
    """Who sits where around a table (n, seats), ids 0 to 11, and of each guest: has he a friend beside him or not."""
    g, fixed = generator(seed), generator(0)
    likes = torch.triu(torch.rand(guests, guests, generator=fixed) < 0.35, diagonal=1)
    likes = likes | likes.T
    x = torch.randint(guests, (n, seats), generator=g)
    y = likes[x, x.roll(1, 1)] | likes[x, x.roll(-1, 1)]
    return x, y.long()


def feathers(n: int, seed: int, length: int = 64) -> Tensor:
    """Outlines of feathers (n, length), deviation about 1: six hidden numbers, somewhat bent."""
    g, fixed = generator(seed), generator(0)
    hidden = torch.randn(n, 6, generator=g)
    t = torch.linspace(0, 1, length)
    basis = torch.stack([torch.sin((k + 1) * 3 * t + k) for k in range(6)])
    x = torch.tanh(hidden @ (basis + 0.2 * torch.randn(6, length, generator=fixed)) / 1.6) * 1.5
    return x + 0.1 * torch.randn(n, length, generator=g)


def postage(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Four columns about a letter, standardised, and what a kitchen scale says, which errs by 0.8."""
    g = generator(seed)
    x = torch.randn(n, 4, generator=g)
    y = 0.7 * x[:, 0] + 0.6 * torch.sin(1.5 * x[:, 1]) + 0.3 * x[:, 2].abs()
    return x, y + 0.8 * torch.randn(n, generator=g)


def strokes(n: int, seed: int, length: int = 12, kinds: int = 10) -> tuple[Tensor, Tensor]:
    """Strokes of a paddle (n, length), ids 0 to 9, and the same in the order in which they are to be done again."""
    g = generator(seed)
    x = torch.randint(kinds, (n, length), generator=g)
    return x, x.flip(1)


def comb(n: int, g: torch.Generator) -> Tensor:
    """Points (n, 2) on a coarse comb: its back and three teeth."""
    tooth = 1.5 * (torch.randint(3, (n,), generator=g).float() - 1)
    along = 2 * torch.rand(n, generator=g) - 1
    back = torch.rand(n, generator=g) < 0.4
    x = torch.stack([torch.where(back, 1.6 * along, tooth), torch.where(back, -torch.ones(n), along)], 1)
    return x + 0.08 * torch.randn(n, 2, generator=g)


def gelato(n: int, g: torch.Generator) -> tuple[Tensor, Tensor]:
    """Six facts about a customer, and with what chance he likes each of six sorts that one may offer (n, 6)."""
    fixed = generator(0)
    x = torch.randn(n, 6, generator=g)
    return x, torch.sigmoid(2.5 * torch.tanh(x @ torch.randn(6, 6, generator=fixed)))


def coins(n: int, seed: int, kind: int = 0, size: int = 14) -> tuple[Tensor, Tensor]:
    """Pictures (n, 1, size, size) of coins, deviation about 1, and which of six (kind 0) or three (kind 1) they are."""
    g, fixed = generator(seed + 40 * kind), generator(0)
    stamp = torch.nn.functional.avg_pool2d(torch.randn(9, 1, size, size, generator=fixed), 3, 1, 1) * 2.5
    y = torch.randint(3 if kind else 6, (n,), generator=g)
    x = stamp[y + 6 * kind] * (0.7 + 0.6 * torch.rand(n, 1, 1, 1, generator=g))
    return x + 0.7 * torch.randn(n, 1, size, size, generator=g), y


def pendants(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Two numbers about a pendant, and where on a narrow scale it comes to rest: on the one side or on the other."""
    g = generator(seed)
    x = torch.randn(n, 2, generator=g)
    side = torch.where(torch.rand(n, generator=g) < torch.sigmoid(x[:, 1]), 1.0, -1.0)
    y = side * (0.35 + 0.12 * torch.tanh(x[:, 0])) + 0.03 * torch.randn(n, generator=g)
    return x, y


def puffins(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Five columns about a piece of a cliff, standardised, and how many puffins were counted there."""
    g = generator(seed)
    x = torch.randn(n, 5, generator=g)
    rate = torch.exp(1.2 + 0.6 * torch.sin(1.5 * x[:, 0]) + 0.4 * x[:, 1] * torch.sigmoid(x[:, 2]) - 0.3 * x[:, 3])
    return x, torch.poisson(rate, generator=g)


def knots(n: int, kinds: int, g: torch.Generator, turns: int = 10) -> tuple[Tensor, Tensor]:
    """Turns of a rope (n, turns) of so many kinds, which twist it by 0, 1 or 2 thirds: how it stands after each."""
    x = torch.randint(kinds, (n, turns), generator=g)
    return x, torch.tensor([1, 2, 0, 1, 2, 2, 1, 0])[x].cumsum(1) % 3


def cinemas(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Which of 60 films in which of 30 cinemas (n, 2), three more columns, and how full it was, deviation about 1."""
    g, fixed = generator(seed), generator(0)
    film, house = torch.randint(60, (n,), generator=g), torch.randint(30, (n,), generator=g)
    taste, habit = 0.7 * torch.randn(60, 2, generator=fixed), 0.7 * torch.randn(30, 2, generator=fixed)
    x = torch.randn(n, 3, generator=g)
    y = (taste[film] * habit[house]).sum(1) + taste[film, 0] + 0.4 * torch.sin(2 * x[:, 0]) + 0.3 * x[:, 1]
    return torch.stack([film, house], 1), x, y + 0.15 * torch.randn(n, generator=g)


def ballots(n: int, seed: int, share: float = 0.4) -> tuple[Tensor, Tensor, Tensor]:
    """Ten measures of a mark on a ballot, what a machine read (0 to 4; with this share of errors), and the truth."""
    g, fixed = generator(seed), generator(0)
    y = torch.randint(5, (n,), generator=g)
    x = 1.5 * torch.randn(5, 10, generator=fixed)[y] + torch.randn(n, 10, generator=g)
    wrong = torch.rand(n, generator=g) < share
    return x, torch.where(wrong, (y + 1) % 5, y), y
