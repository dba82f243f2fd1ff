"""Dropout: leave out a random part of the activations in training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import array_api_compat
import numpy as np

from lossbook import checks
from lossbook.checks import Array
from lossbook.precision import working_dtype


@dataclass(frozen=True)
class Dropout:
    r"""Set a random share of the values to 0 in training, and enlarge the others, so that the mean stays the same.

    The rule, for activations :math:`x` and :math:`p` (``p``): :math:`y_i = m_i x_i`, where :math:`m_i` is 0 with
    probability :math:`p`, else :math:`1/(1-p)`; each is drawn independently. In evaluation :math:`y = x`. The backward
    pass is the same product: :math:`\partial J/\partial x_i = m_i\,\partial J/\partial y_i`.

    Args:
        p: share of the values that is dropped, in [0, 1).

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type; ``x`` is no floating array.

    >>> import numpy as np
    >>> dropout, x = Dropout(p=0.5), np.array([1.0, 2.0, 3.0, 4.0])
    >>> dropout.apply(x, np.random.default_rng(0), train=True).tolist()
    [2.0, 0.0, 0.0, 0.0]
    >>> dropout.mask(x.shape, np.random.default_rng(0)).tolist()  # forwards mask * x, backwards mask * grad
    [2.0, 0.0, 0.0, 0.0]

    Reference: Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting (JMLR 2014).
    Differs from torch: the random generator is an argument, and so is ``train``, which torch keeps in the module; torch
    takes p = 1 too, which drops everything.
    """

    p: float = 0.5

    def __post_init__(self) -> None:
        checks.in_interval("p", self.p, "[0, 1)")

    def mask(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        """A mask of this shape, float64: 0 or 1/(1-p)."""
        checks.has_method("rng", rng, "random")
        kept = rng.random(shape) >= self.p  # with probability 1-p
        return kept / (1 - self.p)  # m_i = [kept] / (1-p)

    def apply(self, x: Array, rng: np.random.Generator, train: bool) -> Array:
        """``x`` times a fresh mask if ``train``, in its dtype; else ``x`` itself, and ``rng`` is not touched."""
        xp = checks.namespace(x=x)
        checks.floating(xp, x=x)
        checks.flag("train", train)
        if not train:
            return x
        dtype = working_dtype(xp, x.dtype)  # half precision does not hold 1/(1-p)
        mask = xp.asarray(self.mask(tuple(x.shape), rng), dtype=dtype, device=array_api_compat.device(x))
        return xp.astype(mask * xp.astype(x, dtype), x.dtype)  # y_i = m_i x_i

    def to_torch(self) -> Any:
        """torch's own: ``torch.nn.Dropout``."""
        import torch

        return torch.nn.Dropout(self.p)
