"""Data for the programs about text, sequences, graphs, points, ratings and games: synthetic and seeded."""

import torch
from torch import Tensor

WORDS = ("the", "a", "old", "new", "red", "cat", "dog", "bird", "river", "stone", "sees", "likes", "finds", "leaves")
WORDS += ("near", "under", "with", "and", "then")


def generator(seed: int) -> torch.Generator:
    """A generator of its own for each set of data."""
    return torch.Generator().manual_seed(1000 + seed)


def novel(words: int, seed: int) -> tuple[Tensor, list[str]]:
    """A text whose words follow one another by chance, some far more often; its letters as numbers, and the letters."""
    g = generator(seed)
    follows = torch.softmax(3.0 * torch.randn(len(WORDS), len(WORDS), generator=generator(0)), dim=1)
    now, text = 0, []
    for _ in range(words):
        text.append(WORDS[now])
        now = int(torch.multinomial(follows[now], 1, generator=g))
    letters = sorted(set(" ".join(WORDS) + "."))
    return torch.tensor([letters.index(c) for c in " ".join(text)]), letters


def reviews(n: int, seed: int, classes: int = 2, longest: int = 24) -> tuple[list[Tensor], Tensor]:
    """Token lists of unequal length (ids from 2 to 61) and a class, which the most frequent telling words decide."""
    g = generator(seed)
    labels = torch.randint(classes, (n,), generator=g)
    texts = []
    for label in labels.tolist():
        length = int(torch.randint(6, longest + 1, (1,), generator=g))
        telling = torch.rand(length, generator=g) < 0.35
        own = 2 + label * 8 + torch.randint(8, (length,), generator=g)
        other = torch.randint(2, 62, (length,), generator=g)
        texts.append(torch.where(telling, own, other))
    return texts, labels


def padded(texts: list[Tensor], width: int) -> Tensor:
    """The token lists in one table (n, width), filled with 0 at their ends."""
    table = torch.zeros(len(texts), width, dtype=torch.long)
    for row, text in zip(table, texts, strict=True):
        row[: len(text)] = text[:width]
    return table


def demand(n: int, seed: int) -> Tensor:
    """Hourly demand: a day, a week, a slow trend and noise; mean about 0, deviation about 1."""
    g = generator(seed)
    t = torch.arange(n, dtype=torch.float32)
    phase = 6.28 * torch.rand(2, generator=g)
    noise = torch.randn(n, generator=g)
    for i in range(1, n):
        noise[i] += 0.6 * noise[i - 1]
    day, week = torch.sin(6.2832 * t / 24 + phase[0]), torch.sin(6.2832 * t / 168 + phase[1])
    values = day + 0.5 * week + 0.25 * noise
    return (values - values.mean()) / values.std()


def windows(series: Tensor, width: int, ahead: int = 1) -> tuple[Tensor, Tensor]:
    """Each stretch of ``width`` values (n, width, 1), and the ``ahead`` values after it (n, ahead)."""
    cut = series.unfold(0, width + ahead, 1)
    return cut[:, :width, None].clone(), cut[:, width:].clone()


def waves(n: int, seed: int, classes: int = 4, steps: int = 40, channels: int = 2) -> tuple[Tensor, Tensor]:
    """Signals (n, steps, channels) whose frequency is the class; phase, size and noise vary."""
    g = generator(seed)
    y = torch.randint(classes, (n,), generator=g)
    t = torch.linspace(0, 1, steps)[None, :, None]
    phase = 6.28 * torch.rand(n, 1, channels, generator=g)
    size = 0.6 + 0.8 * torch.rand(n, 1, channels, generator=g)
    signal = size * torch.sin(6.2832 * (1.5 + 1.5 * y)[:, None, None] * t + phase)
    return signal + 0.3 * torch.randn(n, steps, channels, generator=g), y


def citations(seed: int, nodes: int = 240, classes: int = 4, features: int = 24) -> tuple[Tensor, Tensor, Tensor]:
    """A graph of papers: links within a field are frequent; (adjacency with loops, features, classes)."""
    g = generator(seed)
    y = torch.arange(nodes) % classes
    chance = torch.where(y[:, None] == y[None, :], 0.06, 0.008)
    upper = torch.triu(torch.rand(nodes, nodes, generator=g) < chance, diagonal=1).float()
    centers = torch.randn(classes, features, generator=g)
    x = 0.5 * centers[y] + torch.randn(nodes, features, generator=g)
    return upper + upper.T + torch.eye(nodes), x, y


def normalized(adjacency: Tensor) -> Tensor:
    """The symmetric normalization of graph convolutions."""
    root = adjacency.sum(1).rsqrt()
    return root[:, None] * adjacency * root[None, :]


def ratings(n: int, seed: int, users: int = 120, items: int = 80) -> tuple[Tensor, Tensor, Tensor]:
    """Stars that users gave to items: (user, item, stars about 3.5); taste has four directions."""
    g = generator(seed)
    taste, kind = torch.randn(users, 4, generator=g), torch.randn(items, 4, generator=g)
    u, i = torch.randint(users, (n,), generator=g), torch.randint(items, (n,), generator=g)
    level = 0.3 * torch.randn(items, generator=g)
    stars = 3.5 + level[i] + 0.45 * (taste[u] * kind[i]).sum(1) + 0.2 * torch.randn(n, generator=g)
    return u, i, stars


def spiral(n: int, seed: int) -> Tensor:
    """Points of a plane on a spiral, deviation about 1."""
    g = generator(seed)
    turn = 1.5 + 9.0 * torch.rand(n, generator=g)
    points = torch.stack([turn * torch.cos(turn), turn * torch.sin(turn)], 1) / 5.0
    return points + 0.03 * torch.randn(n, 2, generator=g)


def uneven_noise(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """A curve whose noise grows with x: (n, 1) and (n,)."""
    g = generator(seed)
    x = 4.0 * torch.rand(n, 1, generator=g) - 2.0
    spread = 0.05 + 0.15 * (x[:, 0] + 2.0)
    return x, torch.sin(2.0 * x[:, 0]) + spread * torch.randn(n, generator=g)


def searches(n: int, seed: int, documents: int = 10, features: int = 12) -> tuple[Tensor, Tensor]:
    """Lists of documents with features (n, documents, features), and grades 0 to 4."""
    g = generator(seed)
    x = torch.randn(n, documents, features, generator=g)
    weight = torch.randn(features, generator=generator(0))
    score = x @ weight / features**0.5 + 0.5 * torch.tanh(2 * x[..., 0] * x[..., 1])
    score = score + 0.2 * torch.randn(n, documents, generator=g)
    return x, (2.0 + 1.2 * score).round().clamp(0, 4)


def spoken(n: int, seed: int, symbols: int = 5, frames: int = 30) -> list[tuple[Tensor, Tensor]]:
    """Frames (frames, 8) in which symbols 1 to ``symbols`` sound for a while each, and which ones they were."""
    g = generator(seed)
    sound = torch.randn(symbols + 1, 8, generator=generator(0))
    sound[0] = 0.0
    said = []
    for _ in range(n):
        count = int(torch.randint(2, 6, (1,), generator=g))
        words = 1 + torch.randint(symbols, (count,), generator=g)
        starts = torch.linspace(1, frames - 5, count).long()
        x = 0.3 * torch.randn(frames, 8, generator=g)
        for word, start in zip(words.tolist(), starts.tolist(), strict=True):
            x[start : start + 4] += sound[word]
        said.append((x, words))
    return said


def reversals(n: int, seed: int, length: int = 8, symbols: int = 12) -> tuple[Tensor, Tensor]:
    """Sequences of symbols (ids from 2) and the same backwards; id 1 begins a sequence."""
    x = torch.randint(2, 2 + symbols, (n, length), generator=generator(seed))
    return x, x.flip(1)


def accuracy_error(logits: Tensor, target: Tensor) -> float:
    """The share of wrong answers."""
    return float((logits.argmax(-1) != target).float().mean())


def auc(scores: Tensor, positive: Tensor) -> float:
    """How often a positive example has the higher score."""
    gap = scores[positive.bool()][:, None] - scores[~positive.bool()][None, :]
    return float((gap > 0).float().mean() + 0.5 * (gap == 0).float().mean())


def discounted(rewards: list[float], gamma: float = 0.95) -> Tensor:
    """What each step earns from there on."""
    total, out = 0.0, []
    for reward in reversed(rewards):
        total = reward + gamma * total
        out.append(total)
    return torch.tensor(out[::-1])


class Corridor:
    """A walk along a corridor: action 1 goes right, 0 left, some steps slip; 1 for the right end, -0.05 a step."""

    def __init__(self, seed: int, length: int = 8, slip: float = 0.1, limit: int = 30, starts: int = 4):
        self.g, self.length, self.slip, self.limit, self.starts = generator(seed), length, slip, limit, starts

    def observe(self) -> Tensor:
        """The place, one-hot."""
        return torch.eye(self.length)[self.place]

    def reset(self) -> Tensor:
        """Begin anew on one of the first places."""
        self.place, self.steps = int(torch.randint(self.starts, (1,), generator=self.g)), 0
        return self.observe()

    def step(self, action: int) -> tuple[Tensor, float, bool]:
        """The next observation, the reward, and whether the walk is over."""
        if torch.rand(1, generator=self.g).item() < self.slip:
            action = 1 - action
        self.place = min(max(self.place + (1 if action else -1), 0), self.length - 1)
        self.steps += 1
        there = self.place == self.length - 1
        return self.observe(), 1.0 if there else -0.05, there or self.steps >= self.limit
