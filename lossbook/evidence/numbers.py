"""Lists of numbers that wait for no device: what stands on one is fetched at the end."""

from __future__ import annotations

import math
from array import array
from typing import Any

import torch
from torch import Tensor

from lossbook.evidence.case import Series

CHUNK = 512  #: numbers on a device that are put together into one tensor


class Numbers:
    """Numbers, each with the step at which it was measured."""

    def __init__(self) -> None:
        self.steps = array("q")
        self._parts: list[Any] = []  # arrays of Python's floats, tensors, and lists of single tensors on a device

    def __len__(self) -> int:
        return len(self.steps)

    def add(self, step: int, value: Any) -> None:
        """``value``: a number, or a tensor of one; a larger one counts by its sum."""
        value = plain(value)  # it may raise, and then nothing is added
        self.steps.append(step)
        kind = array if isinstance(value, float) else list
        if not self._parts or not isinstance(self._parts[-1], kind):
            self._parts.append(array("d") if kind is array else [])
        self._parts[-1].append(value)
        if kind is list and len(self._parts[-1]) == CHUNK:
            self._parts[-1] = torch.stack(self._parts[-1])

    def values(self) -> list[float]:
        """All, as Python's floats. Here, and only here, it waits for the device."""
        found: list[float] = []
        for part in self._parts:
            found += torch.stack(part).tolist() if isinstance(part, list) else part.tolist()
        return found

    def series(self) -> Series:
        """All, with their steps."""
        return Series(tuple(self.steps), tuple(self.values()))


def plain(value: Any) -> Any:
    """A float where that needs no waiting; else a tensor of one number of its own."""
    if not isinstance(value, Tensor):
        return float(value)
    value = bare(value)
    value = value.detach() if value.requires_grad else value
    if value.is_meta:
        return math.nan
    if value.numel() != 1:
        value = value.sum()
    return float(value) if value.is_cpu else value.reshape(()).double().clone()


def bare(tensor: Tensor) -> Tensor:
    """What ``torch.func.grad`` has put a wrapping around, which is nothing outside; any other tensor as it is."""
    if not torch._C._functorch.is_gradtrackingtensor(tensor):
        return tensor
    return torch._C._functorch.get_unwrapped(tensor)
