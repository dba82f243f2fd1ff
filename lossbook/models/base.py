"""Helpers that several models share: checks of their knobs, and weights drawn by one of our initialisers."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

from lossbook import checks
from lossbook.initializers import initialize


def check_sizes(sizes: Any) -> None:
    """Raise unless ``sizes`` is a tuple of at least two whole numbers from 1: neurons per layer, input to output."""
    if not isinstance(sizes, tuple) or len(sizes) < 2:
        raise ValueError(f"sizes must be a tuple of at least two numbers, input and output, got {sizes!r}.")
    for index, size in enumerate(sizes):
        checks.whole_number(f"sizes[{index}]", size, 1)


def check_initializer(name: str, value: Any) -> None:
    """Raise unless ``value`` is None or has ``sample(shape, rng)``."""
    if value is not None:
        checks.has_method(name, value, "sample")


def redraw(net: nn.Module, init: Any) -> None:
    """Draw a net's weights anew with ``init``, from torch's current random state; None leaves torch's own weights."""
    if init is not None:
        initialize(net, init, np.random.default_rng(int(torch.randint(2**31, (), device="cpu"))))
