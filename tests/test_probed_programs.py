"""All decisive tests on ordinary, healthy programs of many kinds: none raises, none is positive, each says sense."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from lossbook import Experiment
from lossbook.data import Split
from lossbook.metrics import R2, Accuracy
from lossbook.optim import SGD, Adam
from lossbook.probes import PROBES, Reading
from lossbook.scenarios.case import case_of
from lossbook.schedules import Cosine

N, HELD_OUT, F, K, T, SIDE = 640, 320, 20, 4, 8, 12


@dataclass(frozen=True)
class Given:
    """Inputs and targets that somebody has."""

    make: Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]]

    def load(self) -> Split:
        x, y = self.make(np.random.default_rng(0), N + HELD_OUT)
        return Split(x[:N], y[:N], x[N:], y[N:])


@dataclass(frozen=True)
class Net:
    """A model that somebody has written."""

    make: Callable[[], nn.Module]

    def build(self) -> nn.Module:
        return self.make()


@dataclass(frozen=True)
class Torch:
    """One of torch's losses."""

    of: Any

    def value(self, output: Tensor, target: Tensor) -> Tensor:
        return self.of(output, target)


@dataclass(frozen=True)
class Hits:
    """The share of right answers, however somebody counts them."""

    right: Callable[[Tensor, Tensor], Tensor]

    def value(self, output: Tensor, target: Tensor) -> Tensor:
        return self.right(output, target).float().mean()


class Then(nn.Module):
    """What stands at the end of a forward."""

    def __init__(self, what: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.what = what

    def forward(self, x: Tensor) -> Tensor:
        return self.what(x)


class Recurrent(nn.Module):
    """A language model: what comes next at each place, (N, K, T), as torch's cross entropy wants it."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.head = nn.LSTM(K, 24, batch_first=True), nn.Linear(24, K)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.lstm(x)[0]).transpose(1, 2)


class Stateful(Recurrent):
    """The same, with a first state in torch's default precision."""

    def forward(self, x: Tensor) -> Tensor:
        state = torch.zeros(1, len(x), 24)
        return self.head(self.lstm(x, (state, state))[0]).transpose(1, 2)


class Attention(nn.Module):
    """A language model on tokens, each a one among zeros; no place sees those after it."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.head = nn.TransformerEncoderLayer(K, 2, 16, batch_first=True), nn.Linear(K, K)

    def forward(self, x: Tensor) -> Tensor:
        later = nn.Transformer.generate_square_subsequent_mask(x.shape[1], device=x.device, dtype=x.dtype)
        return self.head(self.layer(x, src_mask=later)).transpose(1, 2)


class AcrossTheBatch(nn.Module):
    """The class of a sequence of tokens; its attention takes the examples for the places."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.head = nn.Embedding(K, 8), nn.Linear(8, K)
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.layer(self.embedding(x))[:, 0])


class Tokens(nn.Module):
    """A language model on tokens, as whole numbers; its first and its last weights are the same."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(K, 8)
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        past = nn.Transformer.generate_square_subsequent_mask(x.size(1))  # no place sees what comes after it
        return (self.layer(self.embedding(x), past) @ self.embedding.weight.T).transpose(1, 2)


class Last(nn.Module):
    """The class of a sequence, from the state at its end."""

    def __init__(self) -> None:
        super().__init__()
        self.gru, self.head = nn.GRU(K, 16, batch_first=True), nn.Linear(16, K)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.gru(x)[0][:, -1])


class ByHand(nn.Module):
    """The last layer as a line of forward."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.weight = nn.Linear(F, 16), nn.Parameter(torch.full((1, 16), 0.1))

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(self.first(x)) @ self.weight.T


def blobs(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    y = rng.integers(0, K, n)
    return (rng.normal(0, 1, (K, F))[y] + 0.7 * rng.normal(0, 1, (n, F))).astype(np.float32), y


def waves(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    y = rng.integers(0, K, n)
    t = np.arange(32) / 32 + rng.uniform(0, 1, (n, 1))
    return (np.sin(2 * np.pi * (y[:, None] + 1) * t) + 0.1 * rng.normal(size=(n, 32))).astype(np.float32)[:, None], y


def images(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    y = rng.integers(0, K, n)
    x = rng.normal(0, 0.5, (n, 1, SIDE, SIDE))
    for one, (row, column) in zip(x, np.stack([y // 2, y % 2], axis=1) * SIDE // 2, strict=True):
        one[0, row : row + SIDE // 2, column : column + SIDE // 2] += 1
    return x.astype(np.float32), y


def stripes(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The waves as images, whose rows are alike."""
    x, y = waves(rng, n)
    return np.repeat(x[:, :, None], 4, axis=2), y


def masks(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    y = np.zeros((n, SIDE, SIDE), dtype=np.int64)
    for one, row, column in zip(y, rng.integers(0, 6, n), rng.integers(0, 6, n), strict=True):
        one[row : row + 6, column : column + 6] = 1
    return (y[:, None] + 0.5 * rng.normal(size=(n, 1, SIDE, SIDE))).astype(np.float32), y


def steps(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Each token is the one before plus 1 or, seldom, plus 2; (N, T, K) and what comes next, (N, T)."""
    tokens = (rng.integers(0, K, (n, 1)) + np.cumsum(1 + (rng.random((n, T + 1)) < 0.1), axis=1)) % K
    return np.eye(K, dtype=np.float32)[tokens[:, :-1]], tokens[:, 1:]


def line(scale: float = 1.0, offset: float = 0.0) -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    def make(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        x = rng.normal(0, 1, (n, F))
        y = np.tanh(x[:, :1]) + x[:, 1:2] + 0.05 * rng.normal(size=(n, 1))
        return x.astype(np.float32), (scale * y + offset).astype(np.float32)

    return make


def squeezed(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = line()(rng, n)
    return x, y[:, 0]


def mostly_noise(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of which an eighth can be foreseen."""
    x, y = line()(rng, n)
    return x, (y + 2.5 * rng.normal(size=(n, 1))).astype(np.float32)


def sensors(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Sequences of four measurements, each in a unit of its own; which of two goes up further."""
    x = rng.normal(size=(n, T, K))
    y = (x[:, :, 0].sum(1) > x[:, :, 1].sum(1)).astype(np.int64)
    return (x * [1, 0.1, 30, 100] + [20, 1, 1000, 400]).astype(np.float32), y


def of_line(target: Callable[[np.ndarray], np.ndarray]) -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    def make(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        x, y = line()(rng, n)
        return x, target(y).astype(np.float32)

    return make


def of_blobs(target: Callable[[np.ndarray], np.ndarray]) -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    def make(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        x, y = blobs(rng, n)
        return x, target(y)

    return make


def of_inputs(change: Callable[[np.ndarray], np.ndarray]) -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    def make(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        x, y = blobs(rng, n)
        return change(x).astype(np.float32), y

    return make


def padded(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = steps(rng, n)
    y[np.arange(T) >= rng.integers(T // 2, T + 1, (n, 1))] = -100
    return x, y


def tokens(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = steps(rng, n)
    return x.argmax(-1), y


def last_tokens(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = tokens(rng, n)
    return x, y[:, -1]


def half_masks(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = masks(rng, n)
    return x, np.where(rng.random(y.shape) < 0.1, 255, y)


def square(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """As many places as classes."""
    x, y = steps(rng, n)
    return x[:, :K], y[:, :K]


def first_of_steps(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = steps(rng, n)
    return x, y[:, 0]


def of_300(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    y = rng.integers(0, 300, n)
    return (rng.normal(0, 1, (300, F))[y] + 0.3 * rng.normal(0, 1, (n, F))).astype(np.float32), y


def in_order(make: Any) -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    def made(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        x, y = make(rng, n)
        order = np.argsort(y.reshape(n, -1)[:, 0], kind="stable")
        return x[order], y[order]

    return made


def themselves(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    x = rng.normal(size=(n, 3)) @ rng.normal(size=(3, F))
    x = (1 / (1 + np.exp(-x))).astype(np.float32)
    return x, x


def dense(out: int, *last: nn.Module) -> nn.Sequential:
    return nn.Sequential(nn.Linear(F, 32), nn.ReLU(), nn.Linear(32, out), *last)


def zero_at_the_end() -> nn.Module:
    model = dense(1)
    nn.init.zeros_(model[-1].weight)
    return model


def frozen() -> nn.Module:
    body = nn.Sequential(nn.Linear(F, 128), nn.ReLU()).requires_grad_(False)
    return nn.Sequential(body, nn.Linear(128, K))


def program(
    make: Any, model: Callable[[], nn.Module], loss: Any, metric: Any = None, optimizer: Any = None, **rest: Any
) -> Experiment:
    rest = {"batch_size": 32, "steps": 120, "eval_every": 20, "device": "cpu", "check_data": False} | rest
    metric, optimizer = metric or Accuracy(), optimizer or Adam(lr=0.01)
    return Experiment(Given(make), Net(model), Torch(loss), optimizer, metric=metric, **rest)


BCE, YES = nn.BCELoss(), Hits(lambda p, y: (p > 0.5) == (y > 0.5))
LOGITS, ABOVE = nn.BCEWithLogitsLoss(), Hits(lambda z, y: (z > 0) == (y > 0.5))
CE, MSE = nn.CrossEntropyLoss(), nn.MSELoss()
PLACES = Hits(lambda z, y: z.argmax(1) == y)
ZERO = Hits(lambda p, y: torch.zeros(1))  # a metric that nobody looks at
ODD = of_blobs(lambda y: (y[:, None] % 2).astype(np.float32))
PROGRAMS: dict[str, Experiment] = {
    "dense net": program(blobs, lambda: dense(K), CE),
    "sigmoid and BCE": program(ODD, lambda: dense(1, nn.Sigmoid()), BCE, YES),
    "one logit": program(ODD, lambda: dense(1), LOGITS, ABOVE),
    "convolution and NLL": program(
        images,
        lambda: nn.Sequential(
            nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(200, K), nn.LogSoftmax(dim=1)
        ),
        nn.NLLLoss(),
    ),
    "convolution in time": program(
        waves,
        lambda: nn.Sequential(nn.Conv1d(1, 16, 9), nn.ReLU(), nn.AdaptiveMaxPool1d(4), nn.Flatten(), nn.Linear(64, K)),
        CE,
    ),
    "language model": program(steps, Recurrent, CE, PLACES),
    "language model, padded": program(padded, Recurrent, CE, PLACES),
    "segmentation": program(
        masks,
        lambda: nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 2, 3, padding=1)),
        CE,
        PLACES,
    ),
    "regression": program(line(), lambda: dense(1), MSE, R2()),
    "regression, squeezed": program(squeezed, lambda: dense(1, nn.Flatten(0)), MSE, R2()),
    "absolute error": program(line(), lambda: dense(1), nn.L1Loss(), R2()),
    "numbers near 100": program(line(offset=100.0), lambda: dense(1), MSE, R2(), Adam(lr=0.1)),
    "numbers of thousands": program(line(scale=1000.0), lambda: dense(1), MSE, R2(), Adam(lr=1.0)),
    "numbers of thousandths": program(line(scale=1e-3), lambda: dense(1), MSE, R2()),
    "numbers below zero": program(line(offset=-10.0), lambda: dense(1), MSE, R2(), Adam(lr=0.03)),
    "batch norm and dropout": program(
        blobs,
        lambda: nn.Sequential(nn.Linear(F, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.3), nn.Linear(32, K)),
        CE,
    ),
    "many labels": program(
        of_blobs(lambda y: np.stack([y == 0, y == 1, y > 1, y % 2], axis=1).astype(np.float32)),
        lambda: dense(4),
        LOGITS,
        ABOVE,
    ),
    "one-hot targets": program(
        of_blobs(lambda y: np.eye(K, dtype=np.float32)[y]),
        lambda: dense(K),
        CE,
        Hits(lambda z, y: z.argmax(-1) == y.argmax(-1)),
    ),
    "autoencoder": program(
        themselves,
        lambda: nn.Sequential(nn.Linear(F, 8), nn.ReLU(), nn.Linear(8, F), nn.Sigmoid()),
        MSE,
        R2(),
        Adam(lr=0.003),
    ),
    "GELU": program(blobs, lambda: nn.Sequential(nn.Linear(F, 32), nn.GELU(), nn.Linear(32, K)), CE),
    "frozen body": program(blobs, frozen, CE, optimizer=Adam(lr=0.01)),
    "bytes, and a batch norm first": program(
        of_inputs(lambda x: 60 * x + 100),
        lambda: nn.Sequential(nn.BatchNorm1d(F), nn.Linear(F, 32), nn.ReLU(), nn.Linear(32, K)),
        CE,
    ),
    "one answer in six is yes": program(
        of_line(lambda y: (y > 1.2).astype(np.float32)), lambda: dense(1), LOGITS, ABOVE, steps=200
    ),
    "schedule": program(blobs, lambda: dense(K), CE, optimizer=SGD(lr=Cosine(0.2, 0.0, 120), momentum=0.9)),
    # outputs with a range, and targets in it or at its border
    "exp": program(of_line(np.exp), lambda: dense(1, Then(torch.exp)), MSE, ZERO, Adam(lr=0.003)),
    "softplus": program(of_line(lambda y: np.maximum(y, 0)), lambda: dense(1, nn.Softplus()), MSE, ZERO),
    "ReLU": program(of_line(np.abs), lambda: dense(1, nn.ReLU()), MSE, ZERO, Adam(lr=0.003)),
    "tanh": program(of_line(np.sign), lambda: dense(1, nn.Tanh()), MSE, ZERO),
    "tanh for 0 to 1": program(ODD, lambda: dense(1, nn.Tanh()), MSE, ZERO),
    "hard sigmoid": program(ODD, lambda: dense(1, nn.Hardsigmoid()), MSE, ZERO),
    "ten sigmoids": program(
        of_line(lambda y: 4.5 + 4.5 * np.tanh(y)), lambda: dense(1, nn.Sigmoid(), Then(lambda x: 10 * x)), MSE, ZERO
    ),
    "layer norm at the end": program(
        of_line(lambda y: 3 * np.concatenate([y, -y, 2 * y], axis=1)), lambda: dense(3, nn.LayerNorm(3)), MSE, ZERO
    ),
    "zero at the end": program(line(), zero_at_the_end, MSE, ZERO),
    "last layer by hand": program(line(), ByHand, MSE, ZERO),
    "logarithms wanted": program(
        of_blobs(lambda y: 0.9 * np.eye(K, dtype=np.float32)[y] + 0.025),
        lambda: dense(K, nn.LogSoftmax(dim=-1)),
        nn.KLDivLoss(reduction="batchmean"),
        ZERO,
    ),
    # other kinds of targets, losses and metrics
    "counts, logarithm": program(of_line(lambda y: np.round(np.exp(y))), lambda: dense(1), nn.PoissonNLLLoss(), ZERO),
    "counts, rate": program(
        of_line(lambda y: np.round(np.exp(y))),
        lambda: dense(1, nn.Softplus()),
        nn.PoissonNLLLoss(log_input=False),
        ZERO,
    ),
    "squeezed in the loss": program(squeezed, lambda: dense(1), lambda p, y: MSE(p.squeeze(), y), ZERO),
    "whole numbers": program(of_blobs(lambda y: y[:, None]), lambda: dense(1), lambda p, y: MSE(p, y.float()), ZERO),
    "yes and no": program(
        of_blobs(lambda y: (y > 1).astype(np.int64)), lambda: dense(1), lambda p, y: LOGITS(p[:, 0], y.float()), ZERO
    ),
    "pixels left out": program(
        half_masks,
        lambda: nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 2, 3, padding=1)),
        nn.CrossEntropyLoss(ignore_index=255),
        PLACES,
    ),
    "overlap of masks": program(
        masks,
        lambda: nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 3, padding=1), nn.Sigmoid()),
        lambda p, y: 1 - 2 * (p[:, 0] * y).sum() / (p.sum() + y.sum()),
        ZERO,
    ),
    "300 classes": program(of_300, lambda: nn.Sequential(nn.Linear(F, 64), nn.ReLU(), nn.Linear(64, 300)), CE),
    "soft labels": program(
        of_blobs(lambda y: 0.9 * np.eye(K, dtype=np.float32)[y] + 0.025),
        lambda: dense(K),
        CE,
        Hits(lambda z, y: z.argmax(-1) == y.argmax(-1)),
    ),
    "directions": program(
        themselves, lambda: dense(F), lambda p, y: 1 - nn.functional.cosine_similarity(p, y).mean(), ZERO
    ),
    "two best guesses": program(
        blobs,
        lambda: dense(K),
        CE,
        Hits(lambda z, y: (z.topk(2).indices == y[:, None]).any(1)),
        Adam(lr=0.002),
        steps=20,
    ),
    "error rate": program(blobs, lambda: dense(K), CE, Hits(lambda z, y: z.argmax(1) != y), steps=20),
    "loss as the metric": program(blobs, lambda: dense(K), CE, Torch(CE), steps=20),
    # sequences
    "a first state": program(steps, Stateful, CE, PLACES),
    "attention": program(steps, Attention, CE, PLACES),
    "class of a sequence": program(first_of_steps, Last, CE),
    "tokens": program(tokens, Tokens, CE, PLACES),
    "bag of tokens": program(last_tokens, lambda: nn.Sequential(nn.EmbeddingBag(K, 8), nn.Linear(8, K)), CE),
    "as many places as classes": program(square, Recurrent, CE, PLACES),
    "the same, classes last": program(
        square,
        lambda: nn.Sequential(Recurrent(), Then(lambda z: z.transpose(1, 2))),
        lambda z, y: CE(z.transpose(1, 2), y),
        Hits(lambda z, y: z.argmax(-1) == y),
    ),
    # few of something
    "a last batch of one": program(blobs, lambda: dense(K), CE, batch_size=71),
    "one step": program(blobs, lambda: dense(K), CE, steps=1),
    "three steps": program(ODD, lambda: dense(1, nn.Sigmoid()), BCE, YES, steps=3),
}


def above_zero() -> nn.Module:
    """All weights are alike, and above zero."""
    model = dense(K)
    for param in model.parameters():
        nn.init.constant_(param, 0.1)
    return model


def near_zero() -> nn.Module:
    """Each output is a thousandth."""
    model = dense(1)
    nn.init.zeros_(model[-1].weight)
    nn.init.constant_(model[-1].bias, 1e-3)
    return model


def blind_to_the_mean() -> nn.Module:
    """What all inputs have in common cancels out."""
    model = dense(K)
    with torch.no_grad():
        model[0].weight -= model[0].weight.mean(1, keepdim=True)
    return model


#: what it is -> a cause whose statistic is as large there as in a broken program, and the program
LOOKS_BROKEN: dict[str, tuple[str, Experiment]] = {
    "mostly noise": ("labels-misaligned", program(mostly_noise, lambda: dense(1), MSE, ZERO, Adam(lr=0.003))),
    "all above zero": ("missing-nonlinearity", program(of_inputs(np.abs), above_zero, CE, steps=1)),
    "a loss near zero": ("exploding-gradients", program(of_line(np.zeros_like), near_zero, MSE, ZERO)),
    "inputs that cancel": ("bad-init-scale", program(of_inputs(lambda x: 10 + x), blind_to_the_mean, CE)),
}


def mostly_dead(make: Callable[[], nn.Module]) -> Callable[[], nn.Module]:
    """All units of the first layer but one far below zero."""

    def made() -> nn.Module:
        model = make()
        layer = next(one for one in model.modules() if isinstance(one, (nn.Linear, nn.Conv1d, nn.Conv2d)))
        assert layer.bias is not None
        with torch.no_grad():
            layer.bias[1:] = -1000.0
        return model

    return made


#: what it is -> the cause that its own test finds, and the program
BROKEN: dict[str, tuple[str, Experiment]] = {
    **{
        f"{name} out of reach": (
            "output-activation-mismatch",
            program(of_line(y), lambda last=last: dense(1, last), MSE, ZERO),
        )
        for name, last, y in (
            ("sigmoid", nn.Sigmoid(), lambda y: 4.5 + 2 * y),
            ("hard sigmoid", nn.Hardsigmoid(), np.sign),
            ("ReLU", nn.ReLU(), lambda y: y),
            ("tanh", nn.Tanh(), lambda y: np.abs(3 * y)),
            ("softsign", nn.Softsign(), lambda y: 3 * y),
        )
    },
    "sigmoid out of reach, in order": (
        "output-activation-mismatch",
        program(in_order(of_line(np.exp)), lambda: dense(1, nn.Sigmoid()), nn.L1Loss(), ZERO, shuffle=False),
    ),
    **{
        f"dead, {name}": ("dead-relu", program(make, mostly_dead(model), CE, metric))
        for name, make, model, metric in (
            ("dense", blobs, lambda: dense(K), Accuracy()),
            (
                "channels of signals",
                waves,
                lambda: nn.Sequential(nn.Conv1d(1, 16, 5), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 28, K)),
                Accuracy(),
            ),
            (
                "as many places as channels",
                waves,
                lambda: nn.Sequential(nn.Conv1d(1, 16, 17), nn.ReLU(), nn.Flatten(), nn.Linear(256, K)),
                Accuracy(),
            ),
            (
                "a line of forward",
                waves,
                lambda: nn.Sequential(nn.Conv1d(1, 16, 5), Then(lambda x: torch.relu(x).amax(2)), nn.Linear(16, K)),
                Accuracy(),
            ),
            (
                "channels of images",
                stripes,
                lambda: nn.Sequential(nn.Conv2d(1, 16, 3), Then(lambda x: x.relu().amax((2, 3))), nn.Linear(16, K)),
                Accuracy(),
            ),
            (
                "units of a sequence",
                steps,
                lambda: nn.Sequential(nn.Linear(K, 32), nn.ReLU(), nn.Linear(32, K), Then(lambda z: z.transpose(1, 2))),
                PLACES,
            ),
            (
                "as many units as places",
                steps,
                lambda: nn.Sequential(nn.Linear(K, T), nn.ReLU(), nn.Linear(T, K), Then(lambda z: z.transpose(1, 2))),
                PLACES,
            ),
        )
    },
    "each with each": ("broadcast-loss", program(squeezed, lambda: dense(1), lambda p, y: ((p - y) ** 2).mean(), ZERO)),
    "each with each, turned": (
        "broadcast-loss",
        program(line(), lambda: dense(1, nn.Flatten(0)), lambda p, y: ((p - y) ** 2).mean(), ZERO),
    ),
    "attention across the batch": ("batch-mixing", program(last_tokens, AcrossTheBatch, CE, steps=1)),
    "raw sensors": ("unscaled-inputs", program(sensors, Last, CE, optimizer=Adam(lr=0.03))),
    "an epsilon of one": ("adam-eps", program(blobs, lambda: dense(K), CE, optimizer=Adam(lr=0.01, eps=1.0))),
    "numbers in order": ("data-not-shuffled", program(in_order(line()), lambda: dense(1), MSE, ZERO, shuffle=False)),
    "in order": (
        "data-not-shuffled",
        program(in_order(blobs), lambda: dense(K), CE, optimizer=SGD(lr=0.1, momentum=0.9), shuffle=False),
    ),
    "labels shifted by one": (
        "wrong-metric",
        program(blobs, lambda: dense(K), CE, Hits(lambda z, y: z.argmax(1) == y + 1)),
    ),
    "each hit with each": (
        "wrong-metric",
        program(blobs, lambda: dense(K), CE, Hits(lambda z, y: z.argmax(1, keepdim=True) == y)),
    ),
    "logarithm by hand": (
        "log-of-zero",
        program(
            ODD,
            lambda: dense(1, nn.Sigmoid()),
            lambda p, y: -(y * torch.log(p) + (1 - y) * torch.log(1 - p)).mean(),
            YES,
        ),
    ),
    "softmax of one": ("wrong-loss", program(ODD, lambda: dense(1), CE, YES)),
    "a sequence the wrong way": (
        "loss-sign-flipped",
        program(steps, Recurrent, lambda z, y: -CE(z, y), PLACES, Adam(lr=0.001)),
    ),
    "a sequence added up": (
        "sum-reduction",
        program(steps, Recurrent, nn.CrossEntropyLoss(reduction="sum"), PLACES, Adam(lr=0.001)),
    ),
}
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?%?")


def is_sense(reading: str) -> bool:
    """No number that is none, no share outside of 0 to 100 %, no full stop."""
    shares = [float(found.removesuffix("%")) for found in NUMBER.findall(reading) if found.endswith("%")]
    return not re.search(r"\b(nan|inf|None)\b|\.$", reading) and all(0 <= share <= 100 for share in shares)


@pytest.mark.parametrize("name", PROGRAMS)
def test_no_test_raises_or_finds_its_cause_in_a_healthy_program(name: str) -> None:
    case = case_of(PROGRAMS[name])
    found = {key: decide(case) for key, decide in PROBES.items()}
    assert {key: reading.sentence for key, reading in found.items() if reading.found} == {}
    assert [reading.sentence for reading in found.values() if not is_sense(reading.sentence)] == []


@pytest.mark.parametrize("name", [name for name, (cause, _) in BROKEN.items() if cause in PROBES])
def test_a_test_finds_its_cause_in_a_program_of_another_kind(name: str) -> None:
    cause, experiment = BROKEN[name]
    reading = PROBES[cause](case_of(experiment))
    assert reading.found, reading
    assert is_sense(reading.sentence)


@pytest.mark.parametrize("name", LOOKS_BROKEN)
def test_a_statistic_alone_accuses_no_program(name: str) -> None:
    cause, experiment = LOOKS_BROKEN[name]
    reading = PROBES[cause](case_of(experiment))
    assert reading.outcome == "not found", reading
    assert is_sense(reading.sentence)


@pytest.mark.parametrize(("knob", "words"), [("steps", "steps must be at least 1"), ("seen", "batches_seen must be")])
def test_where_nothing_is_to_be_seen_it_is_said(knob: str, words: str) -> None:
    one = program(blobs, lambda: dense(K), CE, steps=0 if knob == "steps" else 5)
    with pytest.raises(ValueError, match=words):
        case_of(one, batches_seen=0 if knob == "seen" else 40)


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=3),
    st.sampled_from([".3g", ".2f", ".1e", "+.2f", ""]),
)
def test_a_reading_says_in_words_what_is_no_number(numbers: list[float], how: str) -> None:
    reading = Reading("not found", " and ".join(f"a loss of {number:{how}}" for number in numbers)).sentence
    assert not re.search(r"\b(nan|inf)\b", reading)
    assert reading.count("not finite") == sum(np.isnan(numbers))
    assert reading.count("infinite") == sum(np.isinf(numbers))
