"""Tasks of the grid: small trainings as people write them, each sound as it is; a table from name to what makes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import torch
from grid_models import GCN, GRU, LM, LSTM, VAE, Order, Pairs, Ratings, Towers, mlp
from programs.data_a import digits
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer

Makes = Callable[[Iterable[Any]], Optimizer]


def adam(lr: float) -> Makes:
    return lambda params: torch.optim.Adam(params, lr)


def sgd(lr: float) -> Makes:
    return lambda params: torch.optim.SGD(params, lr, momentum=0.9)


@dataclass(frozen=True)
class Task:
    """A training. A bug, or a style, is a function that gives the task with something changed."""

    name: str
    model: nn.Module
    data: tuple[Tensor, ...]  #: inputs, and the target last; an eighth of the rows is held out
    loss: Callable[[Any, Any], Tensor]
    kind: str = "numbers"  #: of the targets: numbers, yes-no, classes, pairs, picture, tokens
    optimizer: Makes = adam(2e-3)
    batch: int = 32
    steps: int = 150
    shuffle: bool = True
    clean: Tensor | None = None  #: right targets of all rows, where those of the data are spoilt
    held: Callable[[Tensor], Tensor] = lambda x: x  #: what becomes of held-out inputs
    draw: Callable[[Tensor], Tensor] = lambda x: x  #: what the loop does to the inputs of a batch
    optimized: nn.Module | None = None  #: whose parameters the optimiser holds, if those of another model
    schedule: Callable[[Optimizer], Any] | None = None
    clip: float | None = None
    loop: frozenset[str] = field(default_factory=frozenset)  #: what is wrong in the loop

    @property
    def floats(self) -> bool:
        """Whether the inputs are numbers, one tensor of them."""
        return len(self.data) == 2 and self.data[0].is_floating_point()


def regress(g: torch.Generator) -> Task:
    x = torch.randn(1600, 10, generator=g)
    y = torch.sin(x[:, :1] * 2) + x[:, 1:2] * x[:, 2:3] + 0.1 * torch.randn(1600, 1, generator=g)
    return Task("regress", mlp(10, 1), (x, y), nn.MSELoss())


def binary(g: torch.Generator) -> Task:
    x = torch.randn(1600, 12, generator=g)
    y = ((x[:, :1] * x[:, 1:2] + x[:, 2:3]) > 0).float()
    return Task("binary", mlp(12, 1), (x, y), nn.BCEWithLogitsLoss(), "yes-no")


def labels(g: torch.Generator) -> Task:
    x = torch.randn(1600, 16, generator=g)
    y = (x @ torch.randn(16, 5, generator=g) + 2 * x[:, :5] * x[:, 5:10] > 0).float()
    return Task("labels", mlp(16, 5), (x, y), nn.BCEWithLogitsLoss(), "yes-no", steps=200)


def cnn(g: torch.Generator) -> Task:
    x, y = digits(1600, 0)
    first = [nn.Conv2d(1, 8, 3, 2), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 16, 3, 2), nn.ReLU()]
    model = nn.Sequential(*first, nn.Flatten(), nn.Identity(), nn.Linear(576, 10))
    return Task("cnn", model, ((x - 0.13) / 0.31, y), nn.CrossEntropyLoss(), "classes")


def mlpsgd(g: torch.Generator) -> Task:
    x, y = digits(1600, 0)
    data = ((x.flatten(1) - 0.13) / 0.31, y)
    return Task("mlpsgd", mlp(784, 10), data, nn.CrossEntropyLoss(), "classes", sgd(0.05))


def gru(g: torch.Generator) -> Task:
    x = torch.randint(1, 20, (1600, 10), generator=g)
    y = (x[:, 2] > 10).long() * 2 + (x[:, 7] > 10).long()
    return Task("gru", GRU(), (x, y), nn.CrossEntropyLoss(), "classes", adam(5e-3), steps=300)


def words(g: torch.Generator) -> Task:
    x = torch.randint(2, 20, (1600, 12), generator=g)
    y = (x > 12).sum(1).sub((x < 8).sum(1)).sign().add(1)
    return Task("words", Order(), (x, y), nn.CrossEntropyLoss(), "classes")


def lm_loss(output: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(output.flatten(0, 1), y.flatten())


def lm(g: torch.Generator) -> Task:
    s = torch.zeros(1600, 17, dtype=torch.long)
    s[:, :2] = torch.randint(0, 16, (1600, 2), generator=g)
    for i in range(2, 17):
        s[:, i] = (s[:, i - 1] + (s[:, i - 2] % 3)) % 16
    flip = torch.rand(1600, 17, generator=g) < 0.05
    s[flip] = torch.randint(0, 16, (int(flip.sum()),), generator=g)
    return Task("lm", LM(), (s[:, :-1], s[:, 1:]), lm_loss, "tokens", steps=200)


def auto(g: torch.Generator) -> Task:
    x = digits(1600, 0)[0].flatten(1)
    model = nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Identity(), nn.Linear(64, 784))
    return Task("auto", model, (x, x), nn.MSELoss(), "picture")


def vae_loss(output: tuple[Tensor, Tensor, Tensor], x: Tensor) -> Tensor:
    made, mean, logvar = output
    rest = F.binary_cross_entropy_with_logits(made, x, reduction="sum") / len(x)
    return rest - 0.5 * (1 + logvar - mean.square() - logvar.exp()).sum(1).mean()


def vae(g: torch.Generator) -> Task:
    x = digits(1600, 0)[0].flatten(1)
    return Task("vae", VAE(), (x, x), vae_loss, "picture", adam(2e-3), steps=200)


def seg(g: torch.Generator) -> Task:
    x = digits(800, 0)[0]
    y = (F.avg_pool2d(x, 3, 1, 1) > 0.5).float()
    first = [nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.Identity()]
    model = nn.Sequential(*first, nn.Conv2d(8, 1, 1))
    return Task("seg", model, ((x - 0.13) / 0.31, y), nn.BCEWithLogitsLoss(), "yes-no")


def gcn(g: torch.Generator) -> Task:
    x = torch.randn(1200, 6, 8, generator=g)
    a = (torch.rand(1200, 6, 6, generator=g) < 0.4).float() + torch.eye(6)
    a = a / a.sum(2, keepdim=True)
    y = torch.relu(a @ x).mean(1).sum(1, keepdim=True)
    return Task("gcn", GCN(), (x, a, (y - y.mean()) / y.std()), nn.MSELoss())


def series(g: torch.Generator) -> Task:
    t, period = torch.arange(21.0), 4 + 8 * torch.rand(1600, 1, generator=g)
    s = torch.sin(6.28 * (t / period + torch.rand(1600, 1, generator=g))) + 0.1 * torch.randn(1600, 21, generator=g)
    return Task("series", LSTM(), (s[:, :-1, None], s[:, -1:]), nn.MSELoss(), optimizer=adam(5e-3), steps=200)


def info_nce(output: Tensor, y: Tensor) -> Tensor:
    return F.cross_entropy(output, torch.arange(len(output)))


def towers(g: torch.Generator) -> Task:
    a = torch.randn(1600, 10, generator=g)
    b = torch.tanh(a @ torch.randn(10, 12, generator=g)) + 0.2 * torch.randn(1600, 12, generator=g)
    return Task("towers", Towers(), (a, b, torch.arange(1600)), info_nce, "pairs")


def contrastive(distance: Tensor, apart: Tensor) -> Tensor:
    return ((1 - apart) * distance.square() + apart * F.relu(1 - distance).square()).mean()


def siamese(g: torch.Generator) -> Task:
    x, y = digits(3200, 0)
    x = x.flatten(1)
    order = y.argsort(stable=True).roll(1)  # a partner of the same class, for every second one
    partner = torch.empty(len(y), dtype=torch.long)
    partner[y.argsort(stable=True)] = order
    strange = torch.rand(len(y), generator=g) < 0.5
    partner[strange] = torch.randint(0, len(y), (int(strange.sum()),), generator=g)
    apart = (y != y[partner]).float()
    return Task("siamese", Pairs(), (x, x[partner], apart), contrastive, "yes-no", adam(1e-3), steps=300)


def ratings(g: torch.Generator) -> Task:
    user, item = (torch.randint(0, 40, (6400,), generator=g) for _ in range(2))
    p, q = torch.randn(40, 3, generator=g), torch.randn(40, 3, generator=g)
    y = 3 + (p[user] * q[item]).sum(1) * 0.6 + 0.1 * torch.randn(6400, generator=g)
    return Task("ratings", Ratings(), (user, item, y), nn.MSELoss(), optimizer=adam(1e-2), batch=64, steps=300)


_MAKERS = (regress, binary, labels, cnn, mlpsgd, gru, words, lm, auto, vae, seg, gcn, series, towers, siamese, ratings)
TASKS: dict[str, Callable[[torch.Generator], Task]] = {make.__name__: make for make in _MAKERS}


def task(name: str) -> Task:
    """The task of this name, with fresh weights; the same ones each time."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return TASKS[name](torch.Generator().manual_seed(1))
