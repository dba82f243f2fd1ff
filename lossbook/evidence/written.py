"""Weights that are written by something else than a step: whether they are those of an earlier time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from lossbook.evidence import looks
from lossbook.evidence.numbers import Numbers

MOST_COMPARED = 64  #: times that weights were written, after which they are compared with earlier ones


class Written:
    """Notes each time at which weights were written, and which of them there were then.

    Args:
        first: name -> a copy of each parameter as it was at the start.
    """

    def __init__(self, first: Mapping[str, Tensor]) -> None:
        self.steps: list[int] = []  #: that were done before each time
        self.set_back: list[int] = []  #: those at which all weights became what they were at the start
        self._first = first
        self._marks: list[tuple[int, Any]] = []  # step, and a number that is equal for equal weights

    def note(self, params: Mapping[str, Tensor], step: int, moves: Numbers) -> None:
        """They were written before this step; ``moves``: of the steps before, which are none at a rate of 0."""
        self.steps.append(step)
        if len(self.steps) > MOST_COMPARED or not step or not any(moves.values()[-1:]):
            return
        trained = {name: param for name, param in params.items() if param.requires_grad}
        self._marks.append((step, looks.fingerprint([param.detach() for param in trained.values()])))
        if self._are_the_first(trained):
            self.set_back.append(step)

    def _are_the_first(self, trained: Mapping[str, Tensor]) -> bool:
        pairs = [(self._first.get(name), param) for name, param in trained.items()]
        return bool(pairs) and all(
            first is not None and first.shape == param.shape and bool(torch.equal(first.detach(), param.detach()))
            for first, param in pairs
        )

    def returns(self) -> tuple[int, ...]:
        """The steps before which the weights became the same ones, those that came oftenest; the first time included.

        What is not moved by a step in between counts once.
        """
        found = dict[float, list[int]]()
        for step, mark in self._marks:
            at = found.setdefault(float(mark), [])  # NaN: nothing is known, and it is equal to no other
            if not at or at[-1] < step:
                at.append(step)
        oftenest = max(map(len, found.values()), default=0)
        return next((tuple(at) for at in found.values() if len(at) == oftenest), ())
