"""Data of the programs of author C: hired bikes, tagged words, a share, sentences, lamps; synthetic and seeded."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def generator(seed: int) -> torch.Generator:
    """A generator of its own for each set of data."""
    return torch.Generator().manual_seed(7000 + seed)


def bikes(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Hour, weekday and weather as numbers (n, 3); degrees and wind (n, 2); bikes hired in that hour (n,)."""
    g = generator(seed)
    hour = torch.randint(24, (n,), generator=g)
    day = torch.randint(7, (n,), generator=g)
    sky = torch.randint(4, (n,), generator=g)
    degrees = 12 + 9 * torch.randn(n, generator=g)
    wind = 20 * torch.rand(n, generator=g)
    commute = torch.exp(-((hour - 8.0) ** 2) / 4) + torch.exp(-((hour - 18.0) ** 2) / 6)
    leisure = torch.exp(-((hour - 14.0) ** 2) / 20)
    rhythm = torch.where(day < 5, 0.2 + commute, 0.2 + 0.9 * leisure)
    warm = torch.sigmoid((degrees - 8) / 5) * (1 - 0.02 * wind)
    count = 400 * rhythm * warm * torch.tensor([1.0, 0.85, 0.5, 0.2])[sky]
    count = (count * torch.exp(0.15 * torch.randn(n, generator=g))).round()
    return torch.stack([hour, day, sky], 1), torch.stack([degrees, wind], 1), count


def tagged(n: int, seed: int, length: int = 24, share: float = 0.03) -> tuple[Tensor, Tensor]:
    """Sentences of word ids (n, length) and a tag for each word: 1 person, 2 place, mostly 0; the word before tells."""
    g = generator(seed)
    words = torch.randint(10, 80, (n, length), generator=g)
    named = torch.rand(n, length, generator=g) < share
    named[:, 0] = False
    kind = 1 + torch.randint(2, (n, length), generator=g)
    tags = torch.where(named, kind, 0)
    names = torch.randint(80, 100, (n, length), generator=g)
    doubtful = torch.rand(n, length, generator=g) < 0.04
    words = torch.where(named | doubtful, names, words)
    before = torch.where(kind == 1, 2, 5) + torch.randint(3, (n, length), generator=g)
    cue = torch.zeros(n, length, dtype=torch.bool)
    cue[:, :-1] = named[:, 1:] & (torch.rand(n, length - 1, generator=g) < 0.9)
    told = torch.zeros_like(words)
    told[:, :-1] = before[:, 1:]
    return torch.where(cue & ~named, told, words), tags


def share(days: int, seed: int) -> Tensor:
    """Closing prices of a share in dollars, between about 1500 and 3500: a trend, cycles, and a little noise."""
    g = generator(seed)
    t = torch.arange(days, dtype=torch.float32)
    phase = 2 * math.pi * torch.rand(3, generator=g)
    price = 2500 + 550 * torch.sin(t / 61 + phase[0]) + 200 * torch.sin(t / 17 + phase[1])
    return price + 80 * torch.sin(t / 5 + phase[2]) + 15 * torch.randn(days, generator=g)


SUBJECTS = ("the baker", "a sailor", "my aunt", "the tall judge", "every child")
VERBS = ("paints", "hides", "sells", "finds")
OBJECTS = ("a boat", "the green door", "two lamps", "her letter", "an old map")
ENDS = ("in spring", "at noon", "by the sea", "without a word")
PARTS = (SUBJECTS, VERBS, OBJECTS, ENDS)


def sentences(n: int, seed: int) -> tuple[list[str], list[str]]:
    """Sentences, word by word in one list that ends each with a full stop; and the vocabulary."""
    g = generator(seed)
    said: list[str] = []
    for _ in range(n):
        parts = [options[int(torch.randint(len(options), (1,), generator=g))] for options in PARTS]
        said += [*" ".join(parts).split(), "."]
    return said, sorted({word for options in PARTS for phrase in options for word in phrase.split()} | {"."})


def lamps(n: int, seed: int, size: int = 12) -> tuple[Tensor, Tensor]:
    """Pictures (n, 3, size, size) in [0, 1], red before green before blue, of a lamp of one of four colours."""
    g = generator(seed)
    kind = torch.randint(4, (n,), generator=g)
    colors = torch.tensor([[0.9, 0.15, 0.1], [0.85, 0.7, 0.1], [0.1, 0.75, 0.3], [0.1, 0.25, 0.9]])
    place = 3 + (size - 6) * torch.rand(n, 2, 1, 1, generator=g)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    glow = torch.exp(-((row - place[:, 0]) ** 2 + (col - place[:, 1]) ** 2) / 5).unsqueeze(1)
    light = (0.5 + 0.5 * torch.rand(n, 1, 1, 1, generator=g)) * glow
    gray = (0.3 + 0.3 * torch.rand(n, 1, 1, 1, generator=g)).expand(n, 3, size, size)
    x = gray * (1 - light) + light * colors[kind][:, :, None, None]
    return (x + 0.3 * torch.randn(n, 3, size, size, generator=g)).clamp(0, 1), kind
