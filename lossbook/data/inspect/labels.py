"""Checks of the labels: how many of each, in which range, in what order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lossbook import checks
from lossbook.checks import Array
from lossbook.data.inspect.base import Check, as_numpy


@dataclass(frozen=True)
class ClassBalance(Check):
    counts: tuple[tuple[int, int], ...]  #: (label, number of its examples)
    entropy: float  #: in nats: the loss of a model that knows the shares of the classes and nothing else
    majority_share: float  #: the accuracy of a model that always answers the most frequent class


def class_balance(y: Array, at_most: float = 3.0) -> ClassBalance:
    """How many examples each class has; ok if the largest class is at most ``at_most`` times the smallest.

    >>> class_balance(np.array([0, 0, 0, 1])).sentence
    'Classes: 2. Always answering 0 is right in 75.0% of cases; knowing only the shares costs 0.562 nats.'
    """
    checks.in_interval("at_most", at_most, "[1, inf)")
    labels, counts = np.unique(_labels(y), return_counts=True)
    p = counts / counts.sum()
    entropy = -float(np.sum(p * np.log(p)))  # H = -Σ p_k log p_k
    sentence = (
        f"Classes: {len(labels)}. Always answering {labels[p.argmax()]} is right in {p.max():.1%} of cases; "
        f"knowing only the shares costs {entropy:.3f} nats."
    )
    pairs = tuple(zip(labels.tolist(), counts.tolist(), strict=True))
    return ClassBalance(bool(p.max() <= at_most * p.min()), sentence, pairs, entropy, float(p.max()))


@dataclass(frozen=True)
class LabelRange(Check):
    low: int
    high: int
    classes: int  #: number of different labels


def label_range(y: Array, classes: int | None = None) -> LabelRange:
    """Which labels occur; ok if they lie in 0..K-1, where K is ``classes``, by default the number of labels that occur.

    >>> label_range(np.array([1, 2, 3])).sentence
    'Labels run from 1 to 3, with 3 different ones; they should lie in 0..2.'
    """
    if classes is not None:
        checks.whole_number("classes", classes, 1)
    labels = np.unique(_labels(y))
    low, high, k = int(labels[0]), int(labels[-1]), classes or len(labels)
    sentence = f"Labels run from {low} to {high}, with {len(labels)} different ones; they should lie in 0..{k - 1}."
    return LabelRange(0 <= low <= high < k, sentence, low, high, len(labels))


@dataclass(frozen=True)
class LabelOrder(Check):
    same: float  #: share of the examples whose label is that of the one before
    expected: float  #: the same after a shuffle


def label_order(y: Array) -> LabelOrder:
    """Whether the examples are sorted by class; ok if ``same`` is nearer to ``expected`` than to 1.

    >>> label_order(np.array([0, 0, 0, 1, 1, 1])).sentence
    'Neighbours have the same label in 80.0% of cases; after a shuffle it would be 50.0%.'
    """
    labels = _labels(y)
    p = np.unique(labels, return_counts=True)[1] / len(labels)
    expected = float(np.sum(p * p))  # Σ p_k²
    same = float(np.mean(labels[1:] == labels[:-1])) if len(labels) > 1 else expected
    sentence = f"Neighbours have the same label in {same:.1%} of cases; after a shuffle it would be {expected:.1%}."
    return LabelOrder(same - expected <= (1 - expected) / 2, sentence, same, expected)


def _labels(y: Array) -> np.ndarray:
    checks.integral(checks.namespace(y=y), y=y)
    if y.ndim != 1:
        raise ValueError(f"y must hold one label per example, (N,), got shape {tuple(y.shape)}.")
    return as_numpy("y", y)
