"""Data of the programs of author H: complaints, phrases, wings, trips, clover, baskets, dialogs and others; seeded."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def generator(seed: int) -> torch.Generator:
    """A generator of its own for each set of data."""
    return torch.Generator().manual_seed(67000 + seed)


def complaints(n: int, seed: int, kinds: int = 4, longest: int = 16, own: float = 0.35) -> tuple[Tensor, Tensor]:
    """Word ids 2 to 61 of complaints (n, longest), 0 behind their end; and their kind, which some of the words tell."""
    g = generator(seed)
    y = torch.randint(kinds, (n,), generator=g)
    telling = 2 + 8 * y[:, None] + torch.randint(8, (n, longest), generator=g)
    others = torch.randint(34, 62, (n, longest), generator=g)
    x = torch.where(torch.rand(n, longest, generator=g) < own, telling, others)
    length = torch.randint(longest // 2, longest + 1, (n, 1), generator=g)
    return torch.where(torch.arange(longest) < length, x, 0), y


def phrases(n: int, seed: int, words: int = 20, longest: int = 7) -> tuple[Tensor, Tensor]:
    """Sentences (n, longest) of words 3 to 22, and their translations: neighbours change places, 2 is the end."""
    g, fixed = generator(seed), generator(0)
    meaning = 3 + torch.randperm(words, generator=fixed)
    x = 3 + torch.randint(words, (n, longest), generator=g)
    swapped = torch.arange(longest)
    swapped[: longest // 2 * 2] = swapped[: longest // 2 * 2].view(-1, 2).flip(1).flatten()
    y = meaning[x[:, swapped] - 3]
    return x, torch.cat([y, torch.full((n, 1), 2)], 1)


def wings(n: int, seed: int, kinds: int = 20, size: int = 24) -> tuple[Tensor, Tensor]:
    """Measures of butterflies' wings (n, size), deviation about 1, and the species."""
    g, fixed = generator(seed), generator(0)
    middle, mixing = torch.randn(kinds, 8, generator=fixed), torch.randn(8, size, generator=fixed)
    y = torch.randint(kinds, (n,), generator=g)
    hidden = middle[y] + 0.45 * torch.randn(n, 8, generator=g)
    return torch.tanh(hidden @ mixing / 3) * 1.6 + 0.1 * torch.randn(n, size, generator=g), y


def trips(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """States of a shuttle (n, 5), deviation about 1, and what it still earns from there, in hundreds and minus."""
    g = generator(seed)
    s = torch.randn(n, 5, generator=g)
    far = (1.2 + s[:, 0]).abs() + 0.6 * s[:, 1].square() + 0.5 * torch.sin(2 * s[:, 2])
    return s, -420.0 * far - 300.0 + 30.0 * torch.randn(n, generator=g)


def pairs_of_sentences(n: int, seed: int, length: int = 9) -> tuple[Tensor, Tensor, Tensor]:
    """Two sentences of word ids 1 to 40 (n, length), and how alike they are, 0 to 5: the share of common words."""
    g = generator(seed)
    a = torch.randint(1, 41, (n, length), generator=g)
    kept = torch.rand(n, length, generator=g) < torch.rand(n, 1, generator=g)
    b = torch.where(kept, a, torch.randint(1, 41, (n, length), generator=g))
    order = torch.rand(n, length, generator=g).argsort(1)
    return a, b.gather(1, order), 5 * kept.float().mean(1)


def wines(n: int, seed: int, kinds: int = 6) -> tuple[Tensor, Tensor]:
    """Twelve measures of a wine, standardised, and its kind: the largest of six curved functions of them."""
    g, fixed = generator(seed), generator(0)
    x = torch.randn(n, 12, generator=g)
    first, second = torch.randn(12, 16, generator=fixed), torch.randn(16, kinds, generator=fixed)
    return x, (torch.tanh(x @ first / 2) @ second).argmax(1)


def ribbon(n: int, seed: int) -> Tensor:
    """Points of a plane along an S, far from the middle: about (2, 1), deviation about 1."""
    g = generator(seed)
    t = 3 * math.pi * (torch.rand(n, generator=g) - 0.5)
    points = torch.stack([torch.sin(t), torch.sign(t) * (torch.cos(t) - 1)], 1)
    return points + torch.tensor([2.0, 1.0]) + 0.05 * torch.randn(n, 2, generator=g)


def clover(n: int, seed: int) -> Tensor:
    """Points of a plane on the outline of a clover, deviation about 1."""
    g = generator(seed)
    t = 2 * math.pi * torch.rand(n, generator=g)
    radius = 1.1 + 0.7 * torch.cos(3 * t) + 0.03 * torch.randn(n, generator=g)
    return radius[:, None] * torch.stack([t.cos(), t.sin()], 1)


def opinions(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Questions and reviews (n, 7): 1 to 3 asks for one of three things; 1 where the word on that thing is friendly."""
    g = generator(seed)
    asked = torch.randint(3, (n, 1), generator=g)
    friendly = torch.randint(2, (n, 3), generator=g)
    words = 4 + 8 * torch.arange(3) + 4 * friendly + torch.randint(4, (n, 3), generator=g)
    words = torch.cat([words, torch.randint(28, 40, (n, 3), generator=g)], 1)
    words = words.gather(1, torch.rand(n, 6, generator=g).argsort(1))
    return torch.cat([asked + 1, words], 1), friendly.gather(1, asked)[:, 0]


def melody(notes: int, seed: int) -> Tensor:
    """One long melody of notes 0 to 23; the next note hangs on the last two."""
    g = generator(seed)
    habit = torch.softmax(3.0 * torch.randn(24 * 24, 24, generator=generator(0)).view(24, 24, 24)[:, :6], -1)
    said = [0, 1]
    for _ in range(notes - 2):
        said.append(int(torch.multinomial(habit[said[-1], said[-2] % 6], 1, generator=g)))
    return torch.tensor(said)


def calls(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Words of a call (n, 12), ids 1 to 50, its intent of five, and how urgent it is, mean 0, deviation about 1."""
    g = generator(seed)
    intent, heat = torch.randint(5, (n,), generator=g), torch.rand(n, 1, generator=g)
    x = torch.randint(36, 51, (n, 12), generator=g)
    x = torch.where(torch.rand(n, 12, generator=g) < 0.3, 1 + 5 * intent[:, None] + x % 5, x)
    x = torch.where(torch.rand(n, 12, generator=g) < 0.6 * heat, 26 + x % 10, x)
    return x, intent, (heat[:, 0] - 0.5) * 3.5


def dialogs(n: int, seed: int, asked: int = 5) -> tuple[Tensor, int]:
    """Rows of prompt, 1, answer, 2: words 3 to 18; the answer is each word's partner; and how long the prompt is."""
    g, fixed = generator(seed), generator(0)
    partner = 3 + torch.randperm(16, generator=fixed)
    prompt = 3 + torch.randint(16, (n, asked), generator=g)
    ends = torch.full((n, 1), 1), torch.full((n, 1), 2)
    return torch.cat([prompt, ends[0], partner[prompt - 3], ends[1]], 1), asked + 1


def baskets(n: int, seed: int, goods: int = 40, length: int = 9) -> Tensor:
    """Goods 1 to 40 (n, length) that somebody bought one after the other: each time one of three habitual followers."""
    g, fixed = generator(seed), generator(0)
    follows = torch.randint(goods, (goods, 3), generator=fixed)
    rows = [torch.randint(goods, (n,), generator=g)]
    for _ in range(length - 1):
        habit = follows[rows[-1], torch.multinomial(torch.tensor([0.6, 0.25, 0.15]), n, True, generator=g)]
        strange = torch.randint(goods, (n,), generator=g)
        rows.append(torch.where(torch.rand(n, generator=g) < 0.15, strange, habit))
    return 1 + torch.stack(rows, 1)


class Doors:
    """Eight doors, of which some are locked; six signs tell which door is worth most."""

    def __init__(self, seed: int):
        self.g, self.weight = generator(seed), torch.randn(6, 8, generator=generator(0))

    def draw(self, n: int) -> tuple[Tensor, Tensor, Tensor]:
        """Signs (n, 6), which doors are open (n, 8), and what each is worth (n, 8)."""
        signs = torch.randn(n, 6, generator=self.g)
        opened = torch.rand(n, 8, generator=self.g) < 0.7
        opened[:, 0] |= ~opened.any(1)
        return signs, opened, torch.tanh(signs @ self.weight / 2)


def drives(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """What a driver saw, in metres, kilometres an hour, degrees and millimetres; and how far the wheel was turned."""
    g = generator(seed)
    z = torch.randn(n, 5, generator=g)
    wheel = torch.tanh(z[:, 0] + z[:, 1] * z[:, 2]) + 0.4 * torch.sin(2 * z[:, 3]) + 0.05 * torch.randn(n, generator=g)
    scale, middle = torch.tensor([250.0, 25.0, 12.0, 900.0, 4.0]), torch.tensor([800.0, 90.0, 180.0, 3000.0, 20.0])
    return z * scale + middle, wheel


def library(n: int, seed: int, readers: int = 60, novels: int = 50) -> tuple[Tensor, Tensor]:
    """Who read what (n, 2), and how it was liked, mean about 0, deviation about 1: two tastes and much chance."""
    g, fixed = generator(seed), generator(0)
    taste, kind = torch.randn(readers, 2, generator=fixed), torch.randn(novels, 2, generator=fixed)
    who, what = torch.randint(readers, (n,), generator=g), torch.randint(novels, (n,), generator=g)
    liked = 0.55 * (taste[who] * kind[what]).sum(1) + 0.6 * torch.randn(n, generator=g)
    return torch.stack([who, what], 1), liked


def notices(sentences: int, seed: int, topics: int = 6) -> Tensor:
    """Sentences (n, 10) of word ids 0 to 59: ten words of each topic, and any other word now and then."""
    g = generator(seed)
    topic = torch.randint(topics, (sentences, 1), generator=g)
    own = 10 * topic + torch.randint(10, (sentences, 10), generator=g)
    other = torch.randint(10 * topics, (sentences, 10), generator=g)
    return torch.where(torch.rand(sentences, 10, generator=g) < 0.8, own, other)


def visits(n: int, seed: int, people: int = 120, goods: int = 80) -> Tensor:
    """Who bought what (n, 2): five tastes, and a few goods that many buy."""
    g, fixed = generator(seed), generator(0)
    taste, kind = torch.randint(5, (people,), generator=fixed), torch.randint(5, (goods,), generator=fixed)
    fame = 1.0 / (1 + torch.arange(goods)) ** 0.6
    who = torch.randint(people, (n,), generator=g)
    weight = fame * (0.15 + (kind == taste[who][:, None]).float())
    return torch.stack([who, torch.multinomial(weight, 1, generator=g)[:, 0]], 1)
