"""Batches of a list that enter the model themselves: what the loop writes into one is there when it comes again."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from lossbook.evidence.looks import odd
from lossbook.evidence.structure import tensors
from lossbook.evidence.window import is_batched

NUMBERS = 256  #: of each tensor that are looked at, at most
LEAST = 8  #: numbers, with which it can be told whether a tensor went away from what it was
TIMES = 3  #: that a tensor must have come
MOVED = 1e-3  #: of its spread, by which a tensor is another one
FARTHER = 1.25  #: times as far from what it was at first as when it came again; of noise that is drawn anew, 1
MOST = 4096  #: tensors


class Entered:
    """Notes what the tensors of a list are when they enter the model for the first time and for the second.

    Args:
        data: a list of batches; nothing is noted of anything else.
    """

    def __init__(self, data: Any) -> None:
        held = tensors(data)[:MOST] if isinstance(data, (list, tuple)) else []
        self._held = {_place(each): weakref.ref(each) for each in held if _is_usual(each)}
        self._first: dict[Any, list[Tensor]] = {}  # place -> samples
        self._times: dict[Any, list[int]] = {}  # place -> updates that were done before

    def note(self, given: Iterable[Tensor], steps: int) -> None:
        """These enter the model."""
        if not self._held:
            return
        for each in given:
            place = _place(each) if _is_usual(each) else None
            if place not in self._held or self._held[place]() is None:
                continue
            times = self._times.setdefault(place, [])
            if steps in times[-1:]:
                continue
            times.append(steps)
            if len(times) < TIMES:
                self._first.setdefault(place, []).append(_sample(each))

    def share(self) -> float | None:
        """Of the tensors that came several times, the share that goes farther and farther from what it was at first.

        What is written anew each time, such as noise into a place that is kept for it, goes no farther.
        """
        found = []
        for place, samples in self._first.items():
            now = self._held[place]()
            if now is not None and len(self._times[place]) >= TIMES:
                found.append(_goes_away(samples[0], samples[1], _sample(now)))
        return sum(found) / len(found) if found else None


def _goes_away(first: Tensor, again: Tensor, now: Tensor) -> bool:
    once, in_all = (float((each - first).square().mean().sqrt()) for each in (again, now))
    return once > MOVED * float(first.std()) and in_all > FARTHER * once


def _is_usual(each: Tensor) -> bool:
    if is_batched(each):
        return False
    plain = each.layout is torch.strided and not each.is_nested and not each.is_quantized
    return plain and each.device.type == "cpu" and each.is_floating_point() and each.numel() >= LEAST


def _place(each: Tensor) -> tuple[int, int]:
    """Where its numbers stand; so do those of a view of all of it."""
    return each.data_ptr(), each.numel()


def _sample(each: Tensor) -> Tensor:
    return each.detach().reshape(-1)[:: odd(each.numel() / NUMBERS)].to(torch.float64, copy=True)
