"""Projections: they put a parameter back inside its bounds after an update."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from lossbook import checks
from lossbook.checks import Array
from lossbook.precision import rounded, widened


@dataclass(frozen=True)
class MaxNorm:
    r"""Shorten every row of weights that is longer than allowed, and leave the others as they are.

    The rule, for the row :math:`\theta_i` and :math:`c` (``max_norm``):
    :math:`\theta_i \leftarrow \theta_i \cdot \min(1, c / \lVert\theta_i\rVert_2)`. A row holds all weights with the
    same index along ``axis``: with axis 0 of a dense (out, in) or convolutional (out, in, kh, kw) weight, all that lead
    into one neuron.

    Args:
        max_norm: the largest Euclidean norm of a row, in parameter units, in (0, inf).
        axis: the axis that counts the rows, at least 0.

    Raises:
        ValueError: a value outside its range; ``param`` has fewer than two axes, or no such axis.
        TypeError: a value of another type; ``param`` is no floating array.

    >>> import numpy as np
    >>> MaxNorm(max_norm=1.0).project(np.array([[3.0, 4.0], [0.3, 0.4]])).tolist()
    [[0.6000000000000001, 0.8], [0.3, 0.4]]

    Reference: Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting (JMLR 2014).
    Differs from torch: ``torch.renorm`` divides by the norm plus 1e-7, so that its rows end a little shorter.
    """

    max_norm: float = 3.0
    axis: int = 0

    def __post_init__(self) -> None:
        checks.in_interval("max_norm", self.max_norm, "(0, inf)")
        checks.whole_number("axis", self.axis, 0)

    def project(self, param: Array) -> Array:
        """``param`` with no row too long, in its shape and dtype. A row that holds NaN or infinity stays as it is."""
        xp = checks.namespace(param=param)
        checks.floating(xp, param=param)
        if param.ndim < 2:
            raise ValueError(f"param must have at least 2 axes, got shape {tuple(param.shape)}.")
        checks.in_interval("axis", self.axis, f"[0, {param.ndim - 1}]")
        others = tuple(i for i in range(param.ndim) if i != self.axis)
        wide = widened(xp, param)
        unit = xp.clip(xp.max(xp.abs(wide), axis=others, keepdims=True), self.max_norm, None)  # no square overflows
        row = wide / unit
        norm = xp.sqrt(xp.sum(row * row, axis=others, keepdims=True))  # ‖θ_i‖
        shorter = row * (self.max_norm / xp.clip(norm, self.max_norm / unit, None))  # θ_i · c / ‖θ_i‖
        return rounded(xp, xp.where(norm > self.max_norm / unit, shorter, wide), param.dtype)

    def to_torch(self) -> Any:
        """torch's own: ``torch.renorm``, as a function of the parameter."""
        import torch

        return partial(torch.renorm, p=2, dim=self.axis, maxnorm=self.max_norm)


#: name -> the projection with its usual settings
PROJECTIONS = {
    "max-norm": MaxNorm(),
}

__all__ = ["PROJECTIONS", "MaxNorm"]
