"""What the reader chooses from: runs under names that do not tell their cause, and suspects among which it is."""

from __future__ import annotations

import zlib
from collections import Counter

import numpy as np

from lossbook.causes import CAUSES
from lossbook.scenarios import SCENARIOS, Scenario
from lossbook.symptoms import SYMPTOMS

MISTAKEN_FOR = ("slow", "plateau", "oscillating")  # what people call a healthy run that does not please them


def run_names(keys: list[str]) -> dict[str, str]:
    """Name of a run -> key of its scenario, in the order of the symptoms: a name says what is seen, "oscillating 3".

    >>> run_names(["lr-too-low-creeps", "lr-too-high-oscillates"])
    {'oscillating 1': 'lr-too-high-oscillates', 'slow 1': 'lr-too-low-creeps'}
    """
    place, count, named = list(SYMPTOMS).index, Counter[str](), {}
    for key in sorted(keys, key=lambda key: (place(SCENARIOS[key].symptom), zlib.crc32(key.encode()))):
        symptom = SCENARIOS[key].symptom
        count[symptom] += 1
        named[f"{symptom} {count[symptom]}"] = key
    return named


def suspects_of(row: Scenario) -> list[str | None]:
    """The four that the quiz offers for a run, the same at every build: see :func:`suspects`."""
    return suspects(row, np.random.default_rng(zlib.crc32(row.key.encode())))


def suspects(row: Scenario, rng: np.random.Generator, count: int = 4) -> list[str | None]:
    """The scenario's cause among others with the same symptom, shuffled: keys of ``CAUSES``, or None for no cause.

    "No cause" is a suspect in every run that looks healthy, and in one of four of the others.
    """
    looks = MISTAKEN_FOR if row.cause is None else (row.symptom,)
    others = [key for key, one in CAUSES.items() if set(looks) & set(one.symptoms) and key != row.cause]
    rest = [key for key in CAUSES if key != row.cause and key not in others]
    picked = [*rng.permutation(others), *rng.permutation(rest)][: count - 1]
    offered: list[str | None] = [row.cause, *map(str, picked)]
    if row.cause is not None and (row.symptom == "healthy" or rng.random() < 0.25):
        offered[-1] = None
    return [offered[place] for place in rng.permutation(count)]
