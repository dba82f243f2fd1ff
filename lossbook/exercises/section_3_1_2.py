"""3.1.2 Preprocessing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Choice, Numbers, Several, Tried

Reader = Callable[[np.ndarray, int], Any]


def condition(mean: float, std: float) -> float:
    return (mean**2 + std**2 + 1) ** 2 / std**2


def _twice(read: Reader) -> bool:
    images = np.full((2, 3, 3), 255.0, dtype="float32")
    return np.allclose(np.copy(read(images, 0)), read(images, 0))


def _untouched(read: Reader) -> bool:
    images = np.full((2, 3, 3), 255.0, dtype="float32")
    read(images, 1)
    return bool((images == 255).all())


def in_place(images: np.ndarray, i: int) -> np.ndarray:
    image = images[i]
    image /= 255
    return image


ROWS = {
    "ex-03-1-2-kelvin": Exercise(
        "what are the two condition numbers?",
        Numbers(("Celsius", "kelvin"), within=0.05),
        right=lambda: (condition(20, 3), condition(293, 3)),
        mistakes=(
            ((1.0, 1.0), "This holds after standardisation. The question is about the columns as they are."),
            ((condition(20, 3), condition(20, 3)), "The deviations agree. Does the mean stand in the formula?"),
        ),
    ),
    "ex-03-1-2-selection": Exercise(
        "what share is right if the columns are chosen on the training rows alone?",
        Choice(("about half", "about three quarters", "nearly all")),
        right=lambda: "about half",
        mistakes=(
            (
                "about three quarters",
                "What can a column of noise say of rows that did not choose it?",
            ),
            ("nearly all", "The target is a coin, and the columns are noise."),
        ),
    ),
    "ex-03-1-2-which": Exercise(
        "which changes keep the label of (d) as it is?",
        Several(("mirror", "turn", "shift", "invert")),
        right=lambda: {"invert"},
        mistakes=(
            ({"shift"}, "Where is the nose after it?"),
            (set(), "Three of the four move the nose."),
            ({"mirror", "turn", "shift"}, "Where is the nose after each of these?"),
        ),
        hint="The label is a place. Which change moves nothing?",
    ),
    "ex-03-1-2-bug": Exercise(
        "what does the mended `read(images, i)` look like?",
        Tried(
            "your function",
            (
                ("pixels lie between 0 and 1", lambda read: bool(np.max(read(np.full((2, 3, 3), 255.0), 0)) == 1)),
                ("an image is the same when it is read again", _twice),
                ("what is stored is left alone", _untouched),
            ),
        ),
        right=lambda: lambda images, i: images[i] / 255,
        mistakes=(
            (in_place, "The first reading is right. What does the second one find in the store?"),
            (
                lambda images, i: images[i],
                "The stored pixels are left alone. Do those that you give lie between 0 and 1?",
            ),
        ),
    ),
}
