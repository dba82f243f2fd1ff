"""Data of the programs of author S: airports, zoos, chess clubs, tunnels, satellites, cranes and others; seeded."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def generator(seed: int) -> torch.Generator:
    """A generator of its own for each set of data."""
    return torch.Generator().manual_seed(151000 + seed)


def taxi_out(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Runway and height in metres, hour, aeroplanes in the queue, sight in metres, kelvin; and the way to the runway
    against the usual seventeen minutes, in units of five minutes."""
    g = generator(seed)
    u = torch.rand(n, 5, generator=g)
    queue = torch.poisson(torch.full((n,), 7.0), generator=g)
    runway, height, hour = 1500 + 2500 * u[:, 0], 2300 * u[:, 1] ** 2, 24 * u[:, 2]
    sight, kelvin = 300 + 9700 * u[:, 3], 262 + 46 * u[:, 4]
    minutes = 6 + 1.2 * queue + 8 * torch.exp(-sight / 2500) + 3 * torch.sin(2 * math.pi * hour / 24)
    minutes = minutes + 5 * torch.relu(270 - kelvin) / 8 + 0.8 * (runway - 2750) / 1000
    x = torch.stack([runway, height, hour, queue, sight, kelvin], 1)
    return x, (minutes + 0.6 * torch.randn(n, generator=g) - 17) / 5


def zoo_calls(n: int, seed: int, species: int, length: int = 64) -> Tensor:
    """Recordings (n, length) of one of five species: gibbon, crane, sea lion, lemur, peacock."""
    g = generator(seed + 97 * species)
    t = torch.arange(float(length))
    pitch = (0.45, 0.8, 1.15, 1.5, 1.85)[species] + 0.04 * torch.randn(n, 1, generator=g)
    start, width = 10 + 40 * torch.rand(n, 1, generator=g), 8 + 6 * torch.rand(n, 1, generator=g)
    call = torch.exp(-(((t - start) / width) ** 2)) * torch.sin(pitch * t + 6.28 * torch.rand(n, 1, generator=g))
    return 1.6 * call + 0.65 * torch.randn(n, length, generator=g)


def chess_games(n: int, seed: int) -> list[dict]:
    """Games of an evening as rows of a file: ratings (some are missing), minutes, opening 0 to 19, and the result."""
    g, fixed = generator(seed), generator(0)
    taste = 0.9 * torch.randn(20, generator=fixed)
    white, black = 1600 + 220 * torch.randn(n, generator=g), 1600 + 220 * torch.randn(n, generator=g)
    opening, kind = torch.randint(20, (n,), generator=g), torch.randint(3, (n,), generator=g)
    edge = (white - black) / 220 + taste[opening] + 0.1 + 0.25 * torch.randn(n, generator=g)
    width = torch.tensor([0.2, 0.5, 0.8])[kind]
    result = torch.where(edge > width, 2, torch.where(edge < -width, 0, 1)).tolist()
    lost = (torch.rand(n, 2, generator=g) < 0.05).tolist()
    return [
        {
            "white": None if lost[i][0] else round(white[i].item()),
            "black": None if lost[i][1] else round(black[i].item()),
            "minutes": (5, 15, 90)[kind[i]],
            "opening": int(opening[i]),
            "result": result[i],
        }
        for i in range(n)
    ]


def linings(n: int, seed: int, rings: int = 48) -> tuple[Tensor, Tensor]:
    """Pressure of the rock and thickness at each ring of a tunnel (n, 2, rings), and how far each ring has moved,
    inwards or outwards, in millimetres less the mean, deviation about 1."""
    g = generator(seed)
    x = torch.randn(n, 2, rings + 8, generator=g)
    smooth = x.unfold(2, 9, 1).mean(3) * 3
    x = x[..., 4:-4]
    y = 1.3 * torch.tanh(smooth[:, 0]) - 0.6 * torch.relu(smooth[:, 1]) + 0.25
    return x, y + 0.08 * torch.randn(n, rings, generator=g)


def passes(n: int, seed: int, steps: int = 16) -> tuple[Tensor, Tensor]:
    """Telemetry of a pass over the station (n, steps, 3), whose level of heat differs from pass to pass, and for each
    step whether the heat is out of line with the rest of the pass."""
    g = generator(seed)
    odd = torch.rand(n, steps, generator=g) < 0.2
    jump = torch.where(torch.rand(n, steps, generator=g) < 0.5, 1.8, -1.8)
    heat = 2 * torch.randn(n, 1, generator=g) + odd * jump + 0.25 * torch.randn(n, steps, generator=g)
    return torch.cat([heat[..., None], torch.randn(n, steps, 2, generator=g)], 2), odd.float()


def swaying_loads(n: int, seed: int, length: int = 20) -> tuple[Tensor, Tensor]:
    """The trolley's push and the wind (n, length, 2), and the angle of the load below the crane at the end."""
    g = generator(seed)
    x = torch.randn(n, length, 2, generator=g)
    angle, speed = torch.zeros(n), torch.zeros(n)
    for t in range(length):
        speed = 0.8 * speed - 0.25 * angle + 0.4 * torch.tanh(1.5 * x[:, t, 0]) + 0.3 * torch.relu(x[:, t, 1]) - 0.12
        angle = angle + speed
    return x, angle / 1.5 + 0.05 * torch.randn(n, generator=g)


def pharmacy_orders(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Product (0 to 39), five numbers of the week (n, 5), standardised, and the boxes ordered, log, deviation 1."""
    g, fixed = generator(seed), generator(0)
    level, cold = 0.7 * torch.randn(40, generator=fixed), torch.rand(40, generator=fixed)
    product, x = torch.randint(40, (n,), generator=g), torch.randn(n, 5, generator=g)
    y = level[product] - cold[product] * x[:, 0] + 0.4 * torch.relu(x[:, 1]) + 0.3 * torch.sin(2 * x[:, 2])
    return product, x, y + 0.15 * torch.randn(n, generator=g)


def tooth_pictures(n: int, seed: int, size: int = 16) -> tuple[Tensor, Tensor, Tensor]:
    """X-rays of a tooth (n, 1, size, size), where it is hollow (n, size, size), and how old its owner is, in years."""
    g = generator(seed)
    age = 8 + 74 * torch.rand(n, generator=g)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    crown = torch.sigmoid(1.5 * (6.5 - (col - 7.5).abs())) * torch.sigmoid(1.5 * (row - 1.5))
    x = crown * (1.4 - 0.9 * age[:, None, None] / 82) + 0.12 * torch.randn(n, size, size, generator=g)
    mask = torch.zeros(n, size, size)
    for _ in range(2):
        at, radius = 3 + 10 * torch.rand(n, 2, generator=g), 1.3 + 1.2 * torch.rand(n, generator=g)
        far = (row - at[:, 0, None, None]) ** 2 + (col - at[:, 1, None, None]) ** 2
        mask = torch.maximum(mask, (far < radius[:, None, None] ** 2).float())
    return (x * (1 - 0.75 * mask))[:, None], mask, age


def ball_paths(n: int, seed: int, length: int = 18, zones: int = 12) -> Tensor:
    """Zones of the pitch (n, length), 0 to 11, that the ball goes through, in three styles of play."""
    g, fixed = generator(seed), generator(0)
    habit = torch.softmax(2.2 * torch.randn(3, zones, zones, generator=fixed), 2)
    style, now = torch.randint(3, (n,), generator=g), torch.randint(zones, (n,), generator=g)
    path = [now]
    for _ in range(length - 1):
        now = torch.multinomial(habit[style, now], 1, generator=g).squeeze(1)
        path.append(now)
    return torch.stack(path, 1)


def boards(n: int, seed: int, size: int = 16) -> Tensor:
    """Pictures (n, size * size) of sawn boards in [0, 1]: five patterns of the grain, more or less of each."""
    g, fixed = generator(seed), generator(0)
    row, col = torch.meshgrid(torch.linspace(-1, 1, size), torch.linspace(-1, 1, size), indexing="ij")
    turn, pace = 3.14 * torch.rand(5, generator=fixed), 3 + 4 * torch.rand(5, generator=fixed)
    along = turn.cos()[:, None, None] * row + turn.sin()[:, None, None] * col
    grain = torch.sin(pace[:, None, None] * along + 6.28 * torch.rand(5, 1, 1, generator=fixed)).flatten(1)
    x = torch.sigmoid(1.5 * torch.randn(n, 5, generator=g) @ grain)
    return (x + 0.03 * torch.randn(x.shape, generator=g)).clamp(0, 1)


def door_currents(n: int, seed: int, length: int = 40) -> tuple[Tensor, Tensor]:
    """Current of a door's motor while it closes (n, length), and its state: sound, dirty rail, loose belt, blocked."""
    g = generator(seed)
    y = torch.randint(4, (n,), generator=g)
    t = torch.arange(float(length))
    x = 1.5 * torch.exp(-t / 4) + 0.5 + 0.15 * torch.randn(n, length, generator=g)
    x = x * (1 + 0.1 * torch.randn(n, 1, generator=g))
    at = 12 + 14 * torch.rand(n, 1, generator=g)
    hump = 0.8 * torch.exp(-(((t - at) / 2) ** 2))
    ripple = 0.35 * torch.sin(1.3 * t + 6.28 * torch.rand(n, 1, generator=g))
    end = 1.0 * torch.sigmoid(t - 33 - torch.randn(n, 1, generator=g))
    return x + torch.stack([0 * hump, hump, ripple, end.expand(n, length)], 1)[torch.arange(n), y] - 0.8, y


def hauls(n: int, seed: int) -> dict[str, Tensor]:
    """Vessel (0 to 59), area (0 to 24), four numbers of the weather, standardised, and the catch, log, deviation 1."""
    g, fixed = generator(seed), generator(0)
    skill, rich = 0.6 * torch.randn(60, generator=fixed), 0.6 * torch.randn(25, generator=fixed)
    vessel, area = torch.randint(60, (n,), generator=g), torch.randint(25, (n,), generator=g)
    x = torch.randn(n, 4, generator=g)
    kilos = skill[vessel] + rich[area] + 0.4 * torch.tanh(x[:, 0] + x[:, 1]) - 0.2 * x[:, 2] ** 2 + 0.2
    return {"vessel": vessel, "area": area, "sea": x, "catch": kilos + 0.25 * torch.randn(n, generator=g)}


def hotel_pairs(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """A guest's wishes (n, 4), two hotels (n, 5) each, and 1 where the first was liked better, -1 where the second."""
    g, fixed = generator(seed), generator(0)
    mix = 0.7 * torch.randn(5, 4, generator=fixed)
    guest, one, two = (torch.randn(n, k, generator=g) for k in (4, 5, 5))

    def liked(hotel: Tensor) -> Tensor:
        return (guest * torch.tanh(hotel @ mix)).sum(1) + 0.8 * hotel[:, 0]

    gap = liked(one) - liked(two) + 0.2 * torch.randn(n, generator=g)
    return guest, one, two, torch.sign(gap)


def subtitle_lines(n: int, seed: int, length: int = 14, words: int = 40) -> Tensor:
    """Lines of subtitles as word ids (n, length): 0 to 3 names who speaks, and each speaker has habits of speech."""
    g, fixed = generator(seed), generator(0)
    shared = torch.randn(words, words, generator=fixed)
    habit = torch.softmax(2.0 * shared + 1.2 * torch.randn(4, 1, words, generator=fixed), 2)
    habit[..., :4] = 0
    who = torch.randint(4, (n,), generator=g)
    line = [who]
    for _ in range(length - 1):
        line.append(torch.multinomial(habit[who, line[-1]], 1, generator=g).squeeze(1))
    return torch.stack(line, 1)


def power_grid(seed: int, places: int = 240) -> tuple[Tensor, Tensor, Tensor]:
    """Eight readings of each substation, the lines between them (places, places), and which of three it needs."""
    g, fixed = generator(seed), generator(0)
    at = torch.rand(places, 2, generator=g)
    lines = (torch.cdist(at, at) < 0.11).float()
    lines.fill_diagonal_(0)
    x = torch.randn(places, 8, generator=g)
    near = x + lines @ x
    near = near / (1 + lines.sum(1, keepdim=True)).sqrt()
    return x, lines, (near @ torch.randn(8, 3, generator=fixed)).argmax(1)


def roads_with_holes(n: int, seed: int, size: int = 20) -> tuple[Tensor, Tensor]:
    """Pictures of a road (n, 1, size, size) and where the holes are (n, 1, size, size); patches only look like them."""
    g = generator(seed)
    row, col = torch.meshgrid(torch.arange(float(size)), torch.arange(float(size)), indexing="ij")
    x, y = 0.2 * torch.randn(n, size, size, generator=g), torch.zeros(n, size, size)
    for hole in (True, True, False, False):
        at, radius = 2 + 16 * torch.rand(n, 2, 1, 1, generator=g), 1.8 + 1.6 * torch.rand(n, 1, 1, generator=g)
        far = ((row - at[:, 0]) ** 2 + ((col - at[:, 1]) / 1.3) ** 2).sqrt() / radius
        inside = (far < 1).float()
        x = x - (1.2 * inside * (0.4 + 0.6 * far) if hole else 0.9 * inside * (1 - far))
        if hole:
            x = x + 0.8 * ((far >= 1) & (far < 1.35)).float()
            y = torch.maximum(y, inside)
    return x[:, None], y[:, None]


def tree_rings(n: int, seed: int, years: int = 16) -> Tensor:
    """Widths of sixteen rings of a tree, log, about mean 0 and deviation 1: they fade with age and hang together."""
    g = generator(seed)
    now, rings = torch.randn(n, generator=g), []
    for year in range(years):
        now = 0.7 * now + 0.7 * torch.randn(n, generator=g)
        rings.append(0.7 * now + 0.8 - 0.1 * year)
    return torch.stack(rings, 1)


class Warehouse:
    """Many forklifts at once, each on a floor of its own, five by five; the dock is in the corner, a pillar stands in
    the middle; each step costs a twelfth, and the dock gives one."""

    def __init__(self, seed: int, fleet: int = 48) -> None:
        self.g, self.fleet = generator(seed), fleet

    def reset(self) -> Tensor:
        self.place, self.done = torch.randint(5, (self.fleet, 2), generator=self.g), torch.zeros(self.fleet).bool()
        return self.seen()

    def seen(self) -> Tensor:
        return torch.nn.functional.one_hot(5 * self.place[:, 0] + self.place[:, 1], 25).float()

    def step(self, action: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        move = torch.tensor([[0, 1], [1, 0], [0, -1], [-1, 0]])[action]
        new = (self.place + move).clamp(0, 4)
        stays = ((new == 2).all(1) | self.done)[:, None]
        self.place = torch.where(stays, self.place, new)
        home = (self.place == 4).all(1) & ~self.done
        reward = torch.where(self.done, 0.0, -1 / 12 + home.float())
        before, self.done = self.done, self.done | home
        return self.seen(), reward, ~before


def coupons(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Six columns about a shopper, standardised, and whether the coupon was used, which is mostly luck."""
    g = generator(seed)
    x = torch.randn(n, 6, generator=g)
    score = 0.35 * x[:, 0] - 0.25 * x[:, 1] + 0.2 * x[:, 2] * (x[:, 3] > 0)
    return x, (torch.rand(n, generator=g) < torch.sigmoid(score)).float()


def applicants(n: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Six columns about an applicant, from which of two valleys, and whether the old committee said yes."""
    g = generator(seed)
    valley = (torch.rand(n, generator=g) < 0.5).float()
    x = torch.randn(n, 6, generator=g)
    x[:, 5] = valley + 0.3 * x[:, 5]
    score = 1.6 * x[:, 0] + 1.2 * torch.tanh(2 * x[:, 1]) + 1.6 * (valley - 0.5)
    return x, valley, (score + 0.4 * torch.randn(n, generator=g) > 0).float()


def invoices(n: int, seed: int) -> tuple[Tensor, Tensor]:
    """Ten measures of an invoice, and which of four accounts it belongs to: clusters, two of each, that touch."""
    g, fixed = generator(seed), generator(0)
    centre = 1.5 * torch.randn(8, 10, generator=fixed)
    which = torch.randint(8, (n,), generator=g)
    return centre[which] + 0.9 * torch.randn(n, 10, generator=g), which % 4
