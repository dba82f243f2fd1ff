"""Programs of other kinds, with a cause in the signals that flow through the model."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
from foreign import trained
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Batch, Case

N, STEPS, WIDTH, PLACES, SIDE, CHANNELS, BATCHES = 32, 60, 12, 20, 8, 8, 20


class Pixels(nn.Module):
    """A number for each pixel; its activations are lines of forward."""

    def __init__(self, depth: int, draw: Callable[[Tensor], Tensor], bias: float = 0.0) -> None:
        super().__init__()
        sizes = [1, *[CHANNELS] * depth, 1]
        self.layers = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(sizes))
        for layer in self.layers[:-1]:
            draw(layer.weight.data)
            nn.init.constant_(layer.bias, bias)

    def forward(self, x: Tensor) -> Tensor:
        *hidden, last = self.layers
        for layer in hidden:
            x = F.relu(layer(x))
        return last(x)


def images() -> list[Batch]:
    """Images, and how bright each is around each pixel."""
    made = [torch.randn(N, 1, SIDE, SIDE) for _ in range(BATCHES)]
    return [Batch.of(x, 3 * F.avg_pool2d(x, 3, 1, 1)) for x in made]


def table() -> list[Batch]:
    """Rows, and a weighted sum of their numbers."""
    way = torch.randn(WIDTH, 1) / WIDTH**0.5
    rows = [torch.randn(N, WIDTH) for _ in range(BATCHES)]
    return [Batch.of(x, 2 * x @ way) for x in rows]


class Deep(nn.Module):
    """Many sigmoids in a row."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(WIDTH, 16), nn.Linear(16, 1)
        self.hidden = nn.ModuleList(nn.Linear(16, 16) for _ in range(5))

    def forward(self, x: Tensor) -> Tensor:
        x = torch.sigmoid(self.first(x))
        for layer in self.hidden:
            x = layer(x).sigmoid()
        return self.last(x)


class Sum(nn.Module):
    """A number for each signal, from the last state of a recurrent net with large weights."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn, self.head = nn.RNN(1, 24, batch_first=True), nn.Linear(24, 1)
        nn.init.orthogonal_(self.rnn.weight_hh_l0, gain=3.0)
        nn.init.normal_(self.rnn.weight_ih_l0)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.rnn(x)[0][:, -1])


def all_alike(seed: int) -> Case:
    """An autoencoder of a table whose weights are all the same number."""
    torch.manual_seed(seed)
    way = torch.randn(3, WIDTH) / 2
    rows = [torch.randn(N, 3) @ way for _ in range(BATCHES)]
    model = nn.Sequential(nn.Linear(WIDTH, 8), nn.Tanh(), nn.Linear(8, WIDTH))
    for param in model.parameters():
        nn.init.constant_(param, 0.1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.02)
    return trained(model, optimizer, nn.MSELoss(), [Batch.of(x, x) for x in rows], STEPS, seed=seed)


def too_small(seed: int) -> Case:
    """A convolutional net whose weights start near zero."""
    torch.manual_seed(seed)
    model = Pixels(3, lambda weight: nn.init.normal_(weight, std=1e-3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    return trained(model, optimizer, nn.MSELoss(), images(), STEPS, seed=seed)


def many_sigmoids(seed: int) -> Case:
    """A regression on a table through six sigmoids."""
    torch.manual_seed(seed)
    model = Deep()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.005, momentum=0.9)
    return trained(model, optimizer, nn.MSELoss(), table(), STEPS, seed=seed)


def growing_states(seed: int) -> Case:
    """The last number of a signal, by a recurrent net with large weights."""
    torch.manual_seed(seed)
    signals = [torch.randn(N, PLACES, 1) for _ in range(BATCHES)]
    model = Sum()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    return trained(model, optimizer, nn.MSELoss(), [Batch.of(x, x[:, -1]) for x in signals], STEPS, seed=seed)


def below_zero(seed: int) -> Case:
    """A convolutional net none of whose units is ever above zero."""
    torch.manual_seed(seed)
    model = Pixels(2, lambda weight: nn.init.kaiming_normal_(weight, nonlinearity="relu"), bias=-12.0)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    return trained(model, optimizer, nn.MSELoss(), images(), STEPS, seed=seed)


def flat_ends(seed: int) -> Case:
    """A classifier of tokens with tanhs whose weights were drawn ten times too large."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(10, 8)
            self.first, self.second, self.head = nn.Linear(32, 32), nn.Linear(32, 32), nn.Linear(32, 10)
            for layer in (self.first, self.second):
                nn.init.normal_(layer.weight, std=3.0)

        def forward(self, tokens: Tensor) -> Tensor:
            x = self.embedding(tokens).flatten(1)
            return self.head(torch.tanh(self.second(torch.tanh(self.first(x)))))

    torch.manual_seed(seed)
    tokens = [torch.randint(0, 10, (N, 4)) for _ in range(BATCHES)]
    model = Classifier()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
    batches = [Batch.of(each, each[:, 2]) for each in tokens]
    return trained(model, optimizer, nn.CrossEntropyLoss(), batches, STEPS, seed=seed)


#: key of the cause -> seed -> a program with it
FOREIGN: dict[str, Callable[[int], Case]] = {
    "symmetric-init": all_alike,
    "bad-init-scale": too_small,
    "vanishing-gradients": many_sigmoids,
    "exploding-gradients": growing_states,
    "dead-relu": below_zero,
    "saturated-activations": flat_ends,
}
