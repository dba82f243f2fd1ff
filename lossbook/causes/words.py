"""The words that people use for symptoms and causes, and the words of the tables for the same things."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from lossbook.causes.base import Cause
from lossbook.constants import CLASSES
from lossbook.symptoms import SYMPTOMS

#: what people say -> what the tables say: codes of ``SYMPTOMS``, or the beginnings of words in the rows of ``CAUSES``
SAID: dict[str, tuple[str, ...]] = {
    "nan": ("non-finite",),
    "nans": ("non-finite",),
    "inf": ("non-finite",),
    "infinite": ("non-finite",),
    "infinity": ("non-finite",),
    "nonfinite": ("non-finite",),
    "flat": ("high-flat", "plateau"),
    "stuck": ("high-flat", "plateau"),
    "constant": ("high-flat", "plateau"),
    "chance": ("high-flat",),
    "grows": ("diverging",),
    "rises": ("diverging",),
    "rising": ("diverging",),
    "increases": ("diverging",),
    "increasing": ("diverging",),
    "diverges": ("diverging",),
    "divergence": ("diverging",),
    "explodes": ("diverging", "non-finite"),
    "oscillates": ("oscillating",),
    "jumps": ("oscillating", "spiking"),
    "noisy": ("oscillating",),
    "unstable": ("oscillating", "spiking"),
    "zigzag": ("oscillating",),
    "swings": ("oscillating",),
    "spike": ("spiking",),
    "spikes": ("spiking",),
    "stalls": ("plateau",),
    "stops": ("plateau",),
    "overfit": ("overfitting",),
    "overfits": ("overfitting",),
    "slowly": ("slow",),
    "creeps": ("slow",),
    "acc": ("metric",),
    "accuracy": ("metric",),
    "amp": ("precision",),
    "batchnorm": ("batch norm",),
    "bf16": ("precision", "bfloat"),
    "bn": ("batch norm",),
    "fp16": ("precision", "float"),
    "dying": ("dead",),
    "half": ("precision",),
    "lr": ("learning rate",),
    "normalize": ("scale", "standardise"),
    "normalise": ("scale", "standardise"),
    "optimizer": ("optimiser",),
    "regularization": ("regularisation",),
    "scheduler": ("schedule",),
    "val": ("validation", "held-out"),
    "wd": ("weight decay",),
}
#: words that carry no information
EMPTY = {"a", "and", "at", "by", "does", "in", "is", "it", "loss", "my", "no", "not", "of", "on", "or", "the", "to"}


def symptoms_meant(text: str) -> list[str]:
    """The symptoms that these words describe; empty if they describe none.

    >>> symptoms_meant("NaN"), symptoms_meant("2.303"), symptoms_meant("loss stuck")
    (['non-finite'], ['high-flat'], ['high-flat', 'plateau'])
    >>> symptoms_meant("dropout")
    []
    """
    words = _words(text)
    code = "-".join(words)
    if code in SYMPTOMS:
        return [code]
    chance = "|".join(map(str, CLASSES))
    if any(map(_is_chance, words)) or re.search(rf"\b(ln|log)\W*({chance})\b", text.lower()):
        return ["high-flat"]
    meant = [set(SAID.get(word, (word,))) for word in words]
    if not meant or not set.union(*meant) <= set(SYMPTOMS):
        return []
    return [code for code in SYMPTOMS if all(code in codes for codes in meant)]


def causes_with(text: str, rows: Iterable[Cause]) -> list[Cause]:
    """The rows that contain each word or a synonym in ``SAID``; first those with all of them in key and title."""
    sought = [(word, _stem(word), *SAID.get(word, ())) for word in _words(text)]
    if not sought:
        return []

    def speaks(*parts: str) -> bool:
        said = " ".join(parts).lower()
        return all(any(re.search(rf"(?<![a-z]){re.escape(one)}", said) for one in same) for same in sought)

    ranked = [
        (not speaks(row.key, row.key.replace("-", " "), row.title), row)
        for row in rows
        if speaks(row.key, row.key.replace("-", " "), row.title, row.test, row.fix, row.group)
    ]
    return [row for _, row in sorted(ranked, key=lambda pair: pair[0])]


def _words(text: str) -> list[str]:
    found = re.findall(r"[^\s,;:!?()\"']+", text.lower().replace("_", "-"))
    words = [word for word in (word.strip("-+=.") for word in found) if word]
    return [word for word in words if word not in EMPTY] or words


def _stem(word: str) -> str:
    """The part that "explodes" and "exploding" share."""
    return re.sub("(es|ing|ed|s)$", "", word) if len(word) > 4 else word


def _is_chance(word: str) -> bool:
    if not re.fullmatch(r"\d+\.\d+", word):
        return False
    digits = len(word.partition(".")[2])
    return any(abs(float(word) - math.log(classes)) <= 0.51 * 10.0**-digits for classes in CLASSES)
