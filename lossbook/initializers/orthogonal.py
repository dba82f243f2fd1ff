"""Orthogonal weights: the layer turns its input and does not stretch it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from lossbook import checks
from lossbook.initializers.base import Shape, check_sample, check_weight


@dataclass(frozen=True)
class Orthogonal:
    r"""A random orthogonal matrix, times a gain.

    The rule, for a weight of :math:`r` rows (its outputs) and :math:`c` columns (all else) and :math:`g` (``gain``):
    :math:`W = gQ` from the decomposition :math:`A = QR` of a matrix of normal values, with the signs of :math:`Q` such
    that the diagonal of :math:`R` is positive. If :math:`r \le c` the rows are orthogonal and have length :math:`g`,
    else the columns.

    Args:
        gain: the length of each row or column, in parameter units, in (0, inf).

    Raises:
        ValueError: a value outside its range; a shape of fewer than two axes.
        TypeError: a value of another type.

    >>> weight = Orthogonal().sample((2, 3), np.random.default_rng(0))
    >>> bool(np.allclose(weight @ weight.T, np.eye(2)))
    True

    Reference: Saxe, McClelland, Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks (ICLR 2014).
    """

    gain: float = 1.0

    def __post_init__(self) -> None:
        checks.in_interval("gain", self.gain, "(0, inf)")

    def sample(self, shape: Shape, rng: np.random.Generator) -> np.ndarray:
        """A weight of this shape, float64."""
        check_sample(shape, rng)
        check_weight(shape)
        rows, columns = shape[0], math.prod(shape[1:])
        long, short = max(rows, columns), min(rows, columns)
        q, r = np.linalg.qr(rng.normal(size=(long, short)))  # A = QR, the columns of Q are orthogonal
        q = q * np.sign(np.diag(r))  # the signs that make every orthogonal matrix equally likely
        return self.gain * (q if rows > columns else q.T).reshape(shape)  # W = g Q

    def to_torch(self) -> Any:
        """torch's own: ``torch.nn.init.orthogonal_``."""
        import torch

        return partial(torch.nn.init.orthogonal_, gain=self.gain)
