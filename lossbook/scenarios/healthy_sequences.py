"""Healthy runs on sequences."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.data import Split
from lossbook.optim import Adam
from lossbook.scenarios.base import Scenario
from lossbook.scenarios.bases import NET

SYMBOLS, WORDS = 4, 8
ON, JUMP = 0.7, 0.3  # shares of the steps to the next word, and to the one after it


@dataclass(frozen=True)
class Utterances:
    """Three symbols one after the other, each for some frames and with noise between them, and which ones they are.

    >>> [part.shape for part in Utterances(train_size=100).load()[:2]]
    [(100, 24, 4), (100, 3)]
    """

    train_size: int = 2000
    val_size: int = 500
    noise: float = 0.3
    slot: int = 8  #: frames for each symbol, which sounds in two of them

    def load(self) -> Split:
        rng, n = np.random.default_rng(0), self.train_size + self.val_size
        said = rng.integers(0, SYMBOLS, (n, 3))
        begin = self.slot * np.arange(3)[:, None] + rng.integers(0, self.slot - 1, (n, 3, 1))
        frame = np.arange(3 * self.slot)
        heard = ((frame >= begin) & (frame < begin + 2))[..., None] * np.eye(SYMBOLS)[said][:, :, None]
        x = (heard.sum(1) + self.noise * rng.standard_normal((n, 3 * self.slot, SYMBOLS))).astype(np.float32)
        y, cut = said + 1, self.train_size  # 0 is the blank
        return Split(x[:cut], y[:cut], x[cut:], y[cut:])


class Listener(nn.Module):
    """For each frame the logits of the blank and the symbols, (N, T, 5), from the frames around it."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.around = nn.Conv1d(SYMBOLS, width, 5, padding=2)
        self.head = nn.Linear(width, SYMBOLS + 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(torch.relu(self.around(x.mT)).mT)


@dataclass(frozen=True)
class FrameByFrame:
    """A :class:`Listener` as a value."""

    width: int = 24

    def build(self) -> nn.Module:
        return Listener(self.width)


@dataclass(frozen=True)
class Transcripts:
    """CTC: minus the logarithm of the probability of all ways to say the target, for each of its symbols."""

    unit: ClassVar[str] = "nats"

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        frames, symbols = (torch.full((len(pred),), part.shape[1]) for part in (pred, target))
        return F.ctc_loss(pred.log_softmax(2).transpose(0, 1), target, frames, symbols)


@dataclass(frozen=True)
class SymbolsFound:
    """The share of sequences whose best path says the target."""

    name: ClassVar[str] = "right sequences"

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        best = pred.argmax(2)
        new = torch.cat([best[:, :1], torch.where(best[:, 1:] == best[:, :-1], 0, best[:, 1:])], dim=1)
        order = torch.argsort((new == 0).int(), dim=1, stable=True)
        said = new.gather(1, order)
        size = target.shape[1]
        return ((said[:, :size] == target).all(1) & (said[:, size:] == 0).all(1)).float().mean()


@dataclass(frozen=True)
class Sentences:
    """Words in a circle, each the next after the one before, or the one after that; and what comes next.

    >>> [part.shape for part in Sentences(train_size=100).load()[:2]]
    [(100, 12), (100, 12)]
    """

    train_size: int = 2000
    val_size: int = 500

    def load(self) -> Split:
        rng, n = np.random.default_rng(0), self.train_size + self.val_size
        steps = 1 + (rng.random((n, 12)) >= ON)
        words = np.cumsum(np.concatenate([rng.integers(0, WORDS, (n, 1)), steps], axis=1), axis=1) % WORDS
        cut = self.train_size
        return Split(words[:cut, :-1], words[:cut, 1:], words[cut:, :-1], words[cut:, 1:])


class Reader(nn.Module):
    """At each place, logits of the next word, (N, K, T)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, width)
        self.state, self.head = nn.GRU(width, width, batch_first=True), nn.Linear(width, WORDS)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.state(self.embedding(x))[0]).mT


@dataclass(frozen=True)
class WordByWord:
    """A :class:`Reader` as a value."""

    width: int = 16

    def build(self) -> nn.Module:
        return Reader(self.width)


@dataclass(frozen=True)
class NextWord:
    """The cross entropy at all places."""

    unit: ClassVar[str] = "nats"

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        """``pred`` is (N, K, T), ``target`` (N, T)."""
        return F.cross_entropy(pred, target)


@dataclass(frozen=True)
class WordsRight:
    """The share of the places at which the likeliest word comes."""

    name: ClassVar[str] = "accuracy"

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        return (pred.argmax(1) == target).float().mean()


ROWS = (
    Scenario(
        key="healthy-plateau-of-blanks",
        title="The net first learns that most frames are blank, stays there for a while, and then finds the symbols.",
        cause=None,
        symptom="healthy",
        broken=replace(
            NET,
            data=Utterances(),
            model=FrameByFrame(),
            loss=Transcripts(),
            metric=SymbolsFound(),
            optimizer=Adam(lr=0.01),
        ),
        given_chance=1.82,  # of the best constant output
    ),
    Scenario(
        key="healthy-next-word",
        title="Nobody knows the next word for sure, and the loss stops at the entropy of the language.",
        cause=None,
        symptom="healthy",
        broken=replace(
            NET,
            data=Sentences(),
            model=WordByWord(),
            loss=NextWord(),
            metric=WordsRight(),
            optimizer=Adam(lr=0.01),
            steps=100,
            eval_every=5,
        ),
        given_chance=math.log(WORDS),
        floor=-ON * math.log(ON) - JUMP * math.log(JUMP),
    ),
)
