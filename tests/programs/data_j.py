"""Data of the programs of author J: penguins, charges, names, motifs, turbines, arms, games and others; seeded."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def generator(seed: int) -> torch.Generator:
    """A generator of its own for each set of data."""
    return torch.Generator().manual_seed(96000 + seed)


def penguins(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Bill, flipper and weight of penguins, standardised (n, 4), and their species, 0 to 2."""
    g = generator(seed)
    y = torch.randint(3, (n,), generator=g)
    centre = torch.tensor([[-0.9, 0.6, -0.8, -0.6], [0.9, 0.7, -0.3, -0.5], [0.5, -1.1, 1.1, 1.1]])
    return centre[y] + 0.55 * torch.randn(n, 4, generator=g), y


def charges(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Age, weight index, children, sex, smoker, region: standardised (n, 6), and the charges, deviation about 1."""
    g = generator(seed)
    x = torch.randn(n, 6, generator=g)
    smoker = (torch.rand(n, generator=g) < 0.2).float()
    x[:, 4] = (smoker - 0.2) / 0.4
    paid = 0.3 * x[:, 0] + 0.1 * x[:, 2] + smoker * (1.6 + 0.7 * torch.relu(x[:, 1])) - 0.4
    return x, paid + 0.1 * torch.randn(n, generator=g)


def names(n: int, seed: int, tongues: int = 5, letters: int = 16) -> tuple[list[Tensor], Tensor]:
    """Names as letters' numbers, of unequal length, and the language, whose habit of letters they follow."""
    g, fixed = generator(seed), generator(0)
    habit = torch.softmax(2.5 * torch.randn(tongues, letters, letters, generator=fixed), 2)
    y, said = torch.randint(tongues, (n,), generator=g), []
    lengths = torch.randint(4, 9, (n,), generator=g).tolist()
    rows = [torch.randint(letters, (n,), generator=g)]
    for _ in range(7):
        rows.append(torch.multinomial(habit[y, rows[-1]], 1, generator=g)[:, 0])
    for row, length in zip(torch.stack(rows, 1), lengths, strict=True):
        said.append(row[:length])
    return said, y


def motifs(n: int, seed: int, length: int = 48) -> tuple[Tensor, Tensor]:
    """One-hot strands (n, 4, length); 1 for those in which a motif of eight letters stands, with a fault or two."""
    g, fixed = generator(seed), generator(0)
    motif = torch.randint(4, (8,), generator=fixed)
    x, y = torch.randint(4, (n, length), generator=g), torch.randint(2, (n,), generator=g)
    begin = torch.randint(length - 8, (n,), generator=g)
    kept = torch.rand(n, 8, generator=g) < 0.93
    for row in y.nonzero()[:, 0].tolist():
        part = x[row, begin[row] : begin[row] + 8]
        x[row, begin[row] : begin[row] + 8] = torch.where(kept[row], motif, part)
    return torch.nn.functional.one_hot(x, 4).float().transpose(1, 2), y


def scenery(n: int, seed: int, size: int = 16) -> Tensor:
    """Soft pictures (n, 1, size, size) in [0, 1]: three waves and an edge."""
    g = generator(seed)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    x = torch.zeros(n, size, size)
    for _ in range(3):
        way = 0.9 * torch.randn(n, 2, 1, 1, generator=g)
        x = x + torch.sin(way[:, 0] * row + way[:, 1] * col + 6.3 * torch.rand(n, 1, 1, generator=g)) / 4
    edge = col > size * torch.rand(n, 1, 1, generator=g)
    return (0.4 + 0.5 * x + 0.25 * edge).clamp(0, 1).unsqueeze(1)


def turbines(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Eight gauges of a gas turbine in their own units (n, 8), and what it gives off, deviation about 1."""
    g = generator(seed)
    z = torch.randn(n, 8, generator=g)
    y = 0.7 * z[:, 0] - 0.5 * z[:, 3] + 0.6 * torch.tanh(z[:, 4] * z[:, 5]) + 0.3 * z[:, 7].abs()
    unit = torch.tensor([7.5, 6.5, 14.5, 0.8, 4.2, 17.5, 7.0, 15.5])
    usual = torch.tensor([17.7, 1013.0, 78.0, 3.9, 25.6, 1081.0, 546.0, 133.0])
    return usual + unit * z, y - y.mean() + 0.1 * torch.randn(n, generator=g)


def crops(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Rain, warmth, pesticide, soil and others, standardised (n, 6), and the yield in hectograms a hectare."""
    g = generator(seed)
    x = torch.randn(n, 6, generator=g)
    good = 0.5 * x[:, 0] - 0.3 * x[:, 1].square() + 0.4 * x[:, 2] * (x[:, 3] > 0) + 0.2 * x[:, 4]
    return x, 77000 + 45000 * good + 4000 * torch.randn(n, generator=g)


def mushrooms(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Eight properties of a mushroom, each 0 to 5 (n, 8), and 1 where it is poisonous."""
    g, fixed = generator(seed), generator(0)
    x = torch.randint(6, (n, 8), generator=g)
    score = torch.randn(8, 6, generator=fixed)
    total = score[torch.arange(8), x].sum(1) + 1.5 * (x[:, 0] == x[:, 1]).float()
    return x, (total > 0.3).float()


def spectra(n: int, seed: int, length: int = 48) -> Tensor:
    """Spectra (n, length), mean about 0: three lines whose heights and places differ a little."""
    g = generator(seed)
    at = torch.arange(length, dtype=torch.float32)
    x = torch.zeros(n, length)
    for place in (10.0, 24.0, 36.0):
        centre = place + 2 * torch.randn(n, 1, generator=g)
        x = x + (1.5 + torch.randn(n, 1, generator=g)) * torch.exp(-0.5 * ((at - centre) / 2.5).square())
    return x - 0.4 + 0.05 * torch.randn(n, length, generator=g)


def hours_of_air(n: int, seed: int) -> Tensor:
    """Hourly readings of dust, nitrogen oxide, wind and warmth (n, 4), deviation about 1."""
    g = generator(seed)
    t = torch.arange(n, dtype=torch.float32)
    phase = 6.3 * torch.rand(4, generator=g)
    warm = torch.sin(2 * math.pi * t / 24 + phase[0])
    wind = torch.sin(2 * math.pi * t / 53 + phase[1]) + 0.3 * torch.randn(n, generator=g)
    gas = torch.sin(2 * math.pi * t / 24 + phase[2]) - 0.5 * wind + 0.1 * torch.randn(n, generator=g)
    dust = 0.7 * gas - 0.5 * torch.tanh(2 * wind) + 0.4 * warm * gas + 0.1 * torch.randn(n, generator=g)
    return torch.stack([dust, gas, wind, warm], 1)


def faces(n: int, seed: int, ages: int = 12) -> tuple[Tensor, Tensor]:
    """Twenty measures of a face (n, 20), and the age that it shows, from 0 to ages - 1."""
    g, fixed = generator(seed), generator(0)
    age = torch.randint(ages, (n,), generator=g)
    way = torch.randn(2, 20, generator=fixed)
    turn = (age / ages)[:, None] * 3
    x = torch.cos(turn) * way[0] + torch.sin(turn) * way[1] + 0.35 * torch.randn(n, 20, generator=g)
    return x, age


def snippets(n: int, seed: int, tongues: int = 4, letters: int = 20, length: int = 24) -> tuple[Tensor, Tensor]:
    """Letters (n, length) of pieces of text, and their language, one language after the other."""
    g, fixed = generator(seed), generator(1)
    habit = torch.softmax(1.6 * torch.randn(tongues, letters, letters, generator=fixed), 2)
    y = torch.arange(n) * tongues // n
    rows = [torch.randint(letters, (n,), generator=g)]
    for _ in range(length - 1):
        rows.append(torch.multinomial(habit[y, rows[-1]], 1, generator=g)[:, 0])
    return torch.stack(rows, 1), y


def customers(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Ten columns of a bank's customer, standardised, and 1 for who left."""
    g, fixed = generator(seed), generator(0)
    x = torch.randn(n, 10, generator=g)
    score = x @ torch.randn(10, generator=fixed) / 2 + 1.2 * x[:, 0] * x[:, 1] - x[:, 2].abs() + 0.6
    return x, (torch.rand(n, generator=g) < torch.sigmoid(2.5 * score)).float()


def crowds(n: int, seed: int, size: int = 20, most: int = 8) -> tuple[Tensor, Tensor]:
    """Pictures (n, 1, size, size) of up to eight heads, and their density, 10 times a bell for each head."""
    g = generator(seed)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    seen, density = 0.25 * torch.randn(n, size, size, generator=g), torch.zeros(n, size, size)
    there = torch.rand(n, most, generator=g) < 0.6
    for head in range(most):
        centre = 2 + (size - 4) * torch.rand(n, 2, 1, 1, generator=g)
        far = (row - centre[:, 0]).square() + (col - centre[:, 1]).square()
        here = there[:, head, None, None]
        seen = torch.maximum(seen, here * torch.exp(-far / 3))
        density = density + here * torch.exp(-far / 4) / (4 * math.pi)
    return seen.unsqueeze(1), 10 * density.unsqueeze(1)


def arms(n: int, seed: int, joints: int = 3) -> tuple[Tensor, Tensor]:
    """Angles of an arm's joints (n, joints), and where its hand is (n, 2)."""
    angle = 1.6 * torch.randn(n, joints, generator=generator(seed))
    total = angle.cumsum(1)
    length = torch.tensor([1.0, 0.7, 0.4])
    return angle, torch.stack([(length * total.cos()).sum(1), (length * total.sin()).sum(1)], 1)


def gearboxes(n: int, seed: int, length: int = 64) -> Tensor:
    """Windows (n, length) of a gearbox's swings, deviation about 1: two tones whose strength differs."""
    g = generator(seed)
    t = torch.arange(length) / length
    phase, strong = torch.rand(n, 2, 1, generator=g), 0.5 + torch.rand(n, 2, 1, generator=g)
    x = strong[:, 0] * torch.sin(2 * math.pi * (4 * t + phase[:, 0]))
    x = x + strong[:, 1] * torch.sin(2 * math.pi * (9 * t + phase[:, 1]))
    return x + 0.1 * torch.randn(n, length, generator=g)


def attacks(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Sixteen columns of a connection, standardised, and its kind: 0 for the normal ones, 1 to 4 for few attacks."""
    g, fixed = generator(seed), generator(0)
    share = torch.tensor([0.94, 0.02, 0.015, 0.015, 0.01])
    y = torch.multinomial(share.expand(n, 5), 1, generator=g)[:, 0]
    centre = 0.8 * torch.randn(5, 16, generator=fixed)
    centre[0] = 0
    return centre[y] + torch.randn(n, 16, generator=g), y


def brains(n: int, seed: int, length: int = 64) -> tuple[Tensor, Tensor]:
    """Recordings (n, 4, length) of four places, and which of four rhythms runs through two of them."""
    g = generator(seed)
    y = torch.randint(4, (n,), generator=g)
    t = torch.arange(length) / length
    pitch = (3 + 3 * y)[:, None] + 0.4 * torch.randn(n, 1, generator=g)
    tone = torch.sin(2 * math.pi * (pitch * t + torch.rand(n, 1, generator=g)))
    x = torch.randn(n, 4, length, generator=g)
    x[:, 1:3] += 0.9 * tone[:, None]
    return x, y


def jobs(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """What people can do (n, 20) and the posts that they got (n, 16): both from six hidden skills."""
    g, fixed = generator(seed), generator(0)
    skill = torch.randn(n, 6, generator=g)
    can, post = torch.randn(6, 20, generator=fixed) / 2, torch.randn(6, 16, generator=fixed) / 2
    return torch.tanh(skill @ can) + 0.1 * torch.randn(n, 20, generator=g), torch.tanh(
        skill @ post) + 0.1 * torch.randn(n, 16, generator=g)  # fmt: skip


def soils(n: int, seed: int, kinds: int = 8) -> tuple[Tensor, Tensor]:
    """Seven measures of a field, standardised, and which of eight crops thrives there."""
    g, fixed = generator(seed), generator(2)
    y = torch.randint(kinds, (n,), generator=g)
    centre = 1.3 * torch.randn(kinds, 7, generator=fixed)
    return (centre[y] + 0.6 * torch.randn(n, 7, generator=g)) / 1.4, y


def solar(n: int, seed: int, hours: int = 12) -> tuple[Tensor, Tensor]:
    """Windows (n, hours, 3) of sun, clouds and warmth, and the power of the next hour, standardised, up to about 3."""
    g = generator(seed)
    x = torch.randn(n, hours, 3, generator=g)
    x[:, 1:] = 0.7 * x[:, :-1] + 0.7 * x[:, 1:]
    power = torch.exp(0.8 * x[:, -1, 0] - 0.5 * x[:, -1, 1]) + 0.3 * x[:, -4:, 2].mean(1)
    return x, (power - power.mean()) / power.std()


def fables(length: int, seed: int, letters: int = 18) -> Tensor:
    """Letters of a long text (length,), each by habit from the two before it."""
    g, fixed = generator(seed), generator(0)
    habit = torch.softmax(3 * torch.randn(letters, letters, letters, generator=fixed), 2)
    lines = 32
    rows = [torch.randint(letters, (lines,), generator=g), torch.randint(letters, (lines,), generator=g)]
    while len(rows) < length // lines:
        rows.append(torch.multinomial(habit[rows[-2], rows[-1]], 1, generator=g)[:, 0])
    return torch.stack(rows, 1).reshape(-1)


def genes(n: int, seed: int, many: int = 300) -> tuple[Tensor, Tensor]:
    """How active three hundred genes are (n, many), standardised, and one of two kinds of tumour, which ten tell."""
    g = generator(seed)
    y = torch.randint(2, (n,), generator=g)
    x = torch.randn(n, many, generator=g)
    x[:, :10] += 0.3 * (2 * y[:, None] - 1)
    return x, y


def parishes(n: int, seed: int, many: int = 500) -> tuple[Tensor, Tensor, Tensor]:
    """Where a house stands, one of five hundred, five other columns, and 1 where it was sold within the year."""
    g, fixed = generator(seed), generator(0)
    where, x = torch.randint(many, (n,), generator=g), torch.randn(n, 5, generator=g)
    liked = 0.4 * torch.randn(many, generator=fixed)
    score = liked[where] + x[:, 0] - 0.7 * x[:, 1] * x[:, 2]
    return where, x, (torch.rand(n, generator=g) < torch.sigmoid(1.5 * score)).float()


def incomes(n: int, seed: int) -> tuple[Tensor, list[str]]:
    """Nine columns of a census, standardised, and what is written of the income, as it stands in the file."""
    g, fixed = generator(seed), generator(0)
    x = torch.randn(n, 9, generator=g)
    score = x @ torch.randn(9, generator=fixed) / 2 + x[:, 0] * x[:, 3] - 0.7
    rich = torch.rand(n, generator=g) < torch.sigmoid(2 * score)
    return x, [" >50K" if one else " <=50K" for one in rich.tolist()]


def hunters(n: int, seed: int, length: int = 20) -> Tensor:
    """Paths (n, length, 2) of hares and lynxes, by small steps of the well-known equations."""
    g = generator(seed)
    now, rows = 0.5 + 1.5 * torch.rand(n, 2, generator=g), []
    for _ in range(length):
        rows.append(now)
        for _ in range(10):
            hares, lynxes = now[:, 0], now[:, 1]
            now = now + 0.02 * torch.stack([hares * (1 - lynxes), lynxes * (hares - 1)], 1)
    return torch.stack(rows, 1)


def kin(seed: int, people: int = 60, bonds: int = 6) -> Tensor:
    """Who stands in which bond to whom (rows of head, bond, tail): each bond moves a hidden place."""
    g, fixed = generator(seed), generator(0)
    place, move = torch.randn(people, 3, generator=fixed), 1.2 * torch.randn(bonds, 3, generator=fixed)
    near = torch.cdist((place[:, None] + move).reshape(-1, 3), place).topk(3, largest=False).indices
    head = torch.arange(people).repeat_interleave(bonds * 3)
    bond = torch.arange(bonds).repeat_interleave(3).repeat(people)
    rows = torch.stack([head, bond, near.reshape(-1)], 1)
    return rows[torch.randperm(len(rows), generator=g)]


def lives(n: int, seed: int, size: int = 10) -> tuple[Tensor, Tensor]:
    """Boards (n, 1, size, size) of the game of life on a torus, and the boards one step later."""
    x = (torch.rand(n, 1, size, size, generator=generator(seed)) < 0.35).float()
    near = sum(x.roll((i, j), (2, 3)) for i in (-1, 0, 1) for j in (-1, 0, 1)) - x
    return x, ((near == 3) | ((near == 2) & (x == 1))).float()


def shares(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Five columns of a shop, and which share of its visitors bought, within (0, 1), the spread by the first."""
    g = generator(seed)
    x = torch.randn(n, 5, generator=g)
    middle = torch.sigmoid(0.8 * x[:, 1] - 0.5 * x[:, 2] * x[:, 3])
    share = torch.sigmoid(torch.logit(middle) + torch.exp(0.5 * x[:, 0] - 1.6) * torch.randn(n, generator=g))
    return x, share.clamp(0.005, 0.995)


def boats_on_water(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Six measures of a hull, standardised, and how strongly the water holds it, deviation about 1."""
    g = generator(seed)
    x = torch.randn(n, 6, generator=g)
    y = torch.exp(0.7 * x[:, 5]) - 1.3 + 0.4 * torch.sin(2 * x[:, 0]) + 0.3 * x[:, 1] * x[:, 2]
    return x, y + 0.05 * torch.randn(n, generator=g)


def solids(n: int, seed: int, points: int = 24) -> tuple[Tensor, Tensor]:
    """Clouds of points (n, points, 3) on a ball, a box, a tube or a disc, each turned about its axis."""
    g = generator(seed)
    y = torch.randint(4, (n,), generator=g)
    raw = torch.randn(n, points, 3, generator=g)
    ball = raw / raw.norm(dim=2, keepdim=True)
    box = raw.clamp(-1, 1) / raw.clamp(-1, 1).abs().amax(2, keepdim=True)
    flat = raw[..., :2] / raw[..., :2].norm(dim=2, keepdim=True)
    tall = 2 * torch.rand(n, points, 1, generator=g) - 1
    tube, disc = torch.cat([flat, tall], 2), torch.cat([flat * tall.abs().sqrt(), 0 * tall], 2)
    x = torch.stack([ball, box, tube, disc], 1)[torch.arange(n), y]
    turn = 6.3 * torch.rand(n, 1, generator=g)
    seen = torch.stack([turn.cos() * x[..., 0] - turn.sin() * x[..., 1],
                        turn.sin() * x[..., 0] + turn.cos() * x[..., 1], x[..., 2]], 2)  # fmt: skip
    return seen + 0.08 * torch.randn(n, points, 3, generator=g), y


def poker(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Five cards of 13 ranks as counts (n, 13), and the hand: nothing, a pair, two pairs, three or more alike."""
    g = generator(seed)
    cards = torch.randint(13, (n, 5), generator=g)
    alike = torch.rand(n, 5, generator=g) < 0.25
    cards = torch.where(alike, cards[:, :1], cards)
    counts = torch.nn.functional.one_hot(cards, 13).sum(1)
    most, pairs = counts.amax(1), (counts == 2).sum(1)
    return counts.float(), torch.where(most > 2, 3, torch.where(pairs > 1, 2, (pairs > 0).long()))


def moles(n: int, seed: int, size: int = 16) -> tuple[Tensor, Tensor]:
    """Pictures (n, 3, size, size) of skin with a mole; 1 where its edge is ragged."""
    g = generator(seed)
    y = torch.randint(2, (n,), generator=g)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    centre = size / 2 - 0.5 + torch.randn(n, 2, 1, 1, generator=g)
    dy, dx = row - centre[:, 0], col - centre[:, 1]
    turn = 6.3 * torch.rand(n, 1, 1, generator=g)
    edge = 4.5 + 2.0 * y[:, None, None] * torch.cos(5 * torch.atan2(dy, dx) + turn)
    mole = torch.sigmoid(2 * (edge - torch.hypot(dy, dx)))
    skin = torch.tensor([0.8, 0.6, 0.5]) + 0.08 * torch.randn(n, 3, generator=g)
    x = skin[..., None, None] - 0.4 * mole[:, None] + 0.12 * torch.randn(n, 3, size, size, generator=g)
    return x, y


def tremors(n: int, seed: int, length: int = 96) -> tuple[Tensor, Tensor]:
    """Recordings (n, 1, length) of the ground, and 1 where a shock begins somewhere."""
    g = generator(seed)
    y = (torch.rand(n, generator=g) < 0.5).float()
    t = torch.arange(float(length))
    begin = length * (0.1 + 0.6 * torch.rand(n, 1, generator=g))
    later = (t - begin).clamp(min=0)
    shock = torch.sin(0.9 * later) * torch.exp(-later / 10) * (t > begin)
    return (0.4 * torch.randn(n, length, generator=g) + 1.1 * y[:, None] * shock).unsqueeze(1), y


def exams(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Hours of study, sleep, notes and others of pupils, standardised (n, 7), and the points, deviation about 1."""
    g = generator(seed)
    x = torch.randn(n, 7, generator=g)
    y = 0.8 * torch.tanh(x[:, 0]) + 0.4 * x[:, 1] * (x[:, 2] > 0) + 0.3 * x[:, 3] - 0.2 * x[:, 4].abs()
    return x, y + 0.1 * torch.randn(n, generator=g)


def hotels(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Market, country and room of a booking (n, 3), each 0 to 11, six numbers, and 1 where it was cancelled."""
    g, fixed = generator(seed), generator(0)
    kind, x = torch.randint(12, (n, 3), generator=g), torch.randn(n, 6, generator=g)
    liked = torch.randn(3, 12, generator=fixed)
    score = liked[torch.arange(3), kind].sum(1) + x[:, 0] * x[:, 1] - 0.6 * x[:, 2]
    return kind, x, (torch.rand(n, generator=g) < torch.sigmoid(2 * score)).float()


def flights(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Eight columns of a flight, standardised, and the minutes by which it was late over 30, mean about 0.5."""
    g = generator(seed)
    x = torch.randn(n, 8, generator=g)
    late = torch.relu(0.8 * x[:, 0] + 0.6 * x[:, 1] * x[:, 2]) + 0.3 * x[:, 3]
    return x, late + 0.2 * torch.randn(n, generator=g)
