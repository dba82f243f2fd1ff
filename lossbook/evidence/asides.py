"""What a loop does aside: passes without gradients, the weights that they have, and those that are there afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from lossbook.evidence.looks import fingerprint, odd

LOOKED_AT = 256  #: passes of which it is seen whether they get the same
PARAMS, ENTRIES = 3, 64  #: parameters that are looked at, and numbers of each, at most
RELATED = 0.3  #: correlation of weights with what the last step left, below which they have nothing to do with it
NEARLY = 0.9  #: of the numbers, that must be others: what is masked is written in part


class Asides:
    """Notes passes without gradients between two steps. Weights that are written through ``.data`` count, too."""

    def __init__(self) -> None:
        self.asked = Counter[tuple[int, float]]()  #: step, and what a pass got -> how often
        self.exchanged: list[tuple[int, float]] = []  #: step, and the share of the way that the weights went back
        self.drawn: list[int] = []  #: steps before which the weights became others, that have nothing to do with them
        self.written = 0  #: times that a pass with gradients has other weights than the last step left
        self._before: Tensor | None = None  # when they were exchanged last, or at the start
        self._left: Tensor | None = None  # by the last step; None once a pass with gradients has come
        self._aside: Tensor | None = None  # in the last pass without, since that step

    def begins(self, given: list[Any], params: Iterable[Tensor], steps: int) -> None:
        """The model is called without gradients."""
        mark = fingerprint(given) if self.asked.total() < LOOKED_AT else None
        if isinstance(mark, float):
            self.asked[steps, mark] += 1
        if self._left is not None and self._aside is None:
            self._aside = _sample(params)

    def step_ends(self, params: Iterable[Tensor]) -> None:
        """The weights have moved."""
        self._left, self._aside = _sample(params), None

    def goes_on(self, params: Iterable[Tensor], steps: int) -> None:
        """The model is called with gradients."""
        if self._before is None:
            self._before = _sample(params)
        left, self._left = self._left, None
        now = None if left is None else _sample(params)
        if now is None or left is None or left.shape != now.shape or torch.equal(left, now):
            return
        self.written += 1
        if _related(left, now) < RELATED:
            self.drawn.append(steps)
        before, aside = self._before, self._aside
        if aside is None or before is None or not before.shape == aside.shape == now.shape:
            return
        if not torch.equal(aside, now):
            return
        way = before - left
        whole = float(way.square().sum())
        if float((now != left).float().mean()) >= NEARLY and whole > 0:
            self.exchanged.append((steps, float(((now - left) * way).sum()) / whole))
            self._before = now


def _related(left: Tensor, now: Tensor) -> float:
    """The correlation of some weights with others in their places; 1 if there is none, as of numbers that are equal."""
    found = float(torch.corrcoef(torch.stack([left, now]))[0, 1])
    return found if found == found else 1.0


def _sample(params: Iterable[Tensor]) -> Tensor | None:
    """Some numbers of the first parameters that are trained on the CPU; None if there are none."""
    found = list[Tensor]()
    for each in params:
        plain = each.requires_grad and each.device.type == "cpu" and each.layout is torch.strided
        if plain and each.is_floating_point() and each.ndim > 1:
            flat = each.detach().reshape(-1)
            found.append(flat[:: odd(flat.numel() / ENTRIES)][:ENTRIES].double())
            if len(found) == PARAMS:
                break
    return torch.cat(found) if found else None
