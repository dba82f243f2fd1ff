"""Losses for a real-valued target: functions of the residual r = p - y."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from lossbook import checks
from lossbook.checks import Array
from lossbook.losses.base import ElementLoss


@dataclass(frozen=True)
class MSE(ElementLoss):
    r"""Mean squared error: the square of the residual, averaged over all elements.

    The rule, for predictions :math:`p` and targets :math:`y` with :math:`n` elements:
    :math:`J = \frac1n \sum_i (p_i - y_i)^2`, with gradient :math:`\partial J/\partial p_i = \frac2n (p_i - y_i)`.
    The best constant prediction is the mean of the targets; its loss is their variance.

    Args:
        reduction: "mean", "sum", or "none" (one value per element).

    Unit: the square of the target's unit.

    >>> import numpy as np
    >>> loss = MSE()
    >>> float(loss.value(np.array([1.0, 4.0]), np.array([1.0, 2.0])))
    2.0
    >>> loss.grad(np.array([1.0, 4.0]), np.array([1.0, 2.0])).tolist()
    [0.0, 2.0]

    Reference: Bishop, Pattern Recognition and Machine Learning (2006), section 1.5.5.
    Differs from torch: a target of shape (N,) against a prediction of shape (N, 1) is an error here; torch broadcasts
    it to (N, N) and warns.
    """

    unit: ClassVar[str] = "squared target units"

    def _each(self, xp: Any, pred: Array, target: Array) -> Array:
        return (pred - target) ** 2  # r²

    def _slope(self, xp: Any, pred: Array, target: Array) -> Array:
        return 2 * (pred - target)  # 2r

    def to_torch(self) -> Any:
        """torch's own: ``torch.nn.MSELoss``."""
        import torch

        return torch.nn.MSELoss(reduction=self.reduction)


@dataclass(frozen=True)
class MAE(ElementLoss):
    r"""Mean absolute error: the size of the residual. An outlier counts in proportion to its size, not to its square.

    The rule: :math:`J = \frac1n \sum_i |p_i - y_i|`, with subgradient
    :math:`\partial J/\partial p_i = \frac1n \mathrm{sign}(p_i - y_i)`, 0 at the kink. The best constant prediction is
    the median of the targets.

    Args:
        reduction: "mean", "sum", or "none" (one value per element).

    Unit: the target's unit.

    >>> import numpy as np
    >>> float(MAE().value(np.array([1.0, 4.0]), np.array([1.0, 2.0])))
    1.0

    Reference: Bishop, Pattern Recognition and Machine Learning (2006), section 1.5.5.
    """

    unit: ClassVar[str] = "target units"

    def _each(self, xp: Any, pred: Array, target: Array) -> Array:
        return xp.abs(pred - target)  # |r|

    def _slope(self, xp: Any, pred: Array, target: Array) -> Array:
        residual = pred - target
        return xp.astype(residual > 0, pred.dtype) - xp.astype(residual < 0, pred.dtype)  # sign r; xp.sign breaks vmap

    def to_torch(self) -> Any:
        """torch's own: ``torch.nn.L1Loss``."""
        import torch

        return torch.nn.L1Loss(reduction=self.reduction)


@dataclass(frozen=True)
class Huber(ElementLoss):
    r"""Huber loss: a parabola near the target, a straight line beyond ``delta``.

    The rule, for the residual :math:`r` and the width :math:`\delta`: :math:`\frac12 r^2` where
    :math:`|r| \le \delta`, else :math:`\delta(|r| - \frac12\delta)`. Its slope :math:`c` is :math:`r`, held within
    :math:`\pm\delta`, and the loss is :math:`c\,(r - \frac12 c)` on both sides.

    Args:
        reduction: "mean", "sum", or "none" (one value per element).
        delta: where the parabola ends, in the target's unit, in (0, inf).

    Unit: the square of the target's unit.

    >>> import numpy as np
    >>> Huber(reduction="none").value(np.array([0.5, 3.0]), np.zeros(2)).tolist()
    [0.125, 2.5]

    Reference: Huber, Robust Estimation of a Location Parameter (Annals of Mathematical Statistics 35, 1964).
    """

    unit: ClassVar[str] = "squared target units"
    delta: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.in_interval("delta", self.delta, "(0, inf)")

    def _each(self, xp: Any, pred: Array, target: Array) -> Array:
        slope = self._slope(xp, pred, target)
        return slope * (pred - target - slope / 2)  # c (r - c/2)

    def _slope(self, xp: Any, pred: Array, target: Array) -> Array:
        residual = pred - target
        low, high = -self.delta, self.delta
        return xp.where(residual >= high, high, xp.where(residual <= low, low, residual))  # c, and NaN stays NaN

    def to_torch(self) -> Any:
        """torch's own: ``torch.nn.HuberLoss``."""
        import torch

        return torch.nn.HuberLoss(reduction=self.reduction, delta=self.delta)


@dataclass(frozen=True)
class LogCosh(ElementLoss):
    r"""Logarithm of the hyperbolic cosine of the residual: like Huber's, but smooth everywhere.

    The rule: :math:`\log\cosh r`, with slope :math:`\tanh r`. Near 0 it is :math:`\frac12 r^2`, far away
    :math:`|r| - \log 2`. It is computed as :math:`\log(1 + 2 \sinh^2\frac r2)` where :math:`|r| < 1`, which stays exact
    for the smallest residuals, and elsewhere as :math:`|r| + \log(1 + e^{-2|r|}) - \log 2`, which cannot overflow.

    Args:
        reduction: "mean", "sum", or "none" (one value per element).

    Unit: the residual is taken as a pure number.

    >>> import numpy as np
    >>> LogCosh(reduction="none").value(np.array([0.0, 1e4]), np.zeros(2)).round(6).tolist()
    [0.0, 9999.306853]

    Reference: Saleh and Saleh, Statistical Properties of the log-cosh Loss Function Used in Machine Learning
    (2022, arXiv:2208.04564), section 2.
    Differs from torch: torch has no log-cosh loss; the twin is composed of torch's functions.
    """

    def _each(self, xp: Any, pred: Array, target: Array) -> Array:
        residual = pred - target
        size = xp.abs(residual)
        far = size + xp.log1p(xp.exp(-2 * size)) - math.log(2)  # |r| + log(1 + e^{-2|r|}) - log 2
        small = xp.where(size < 1, residual, xp.zeros_like(residual))  # the other branch must not overflow either
        return xp.where(size < 1, xp.log1p(2 * xp.sinh(small / 2) ** 2), far)  # log(1 + 2 sinh²(r/2))

    def _slope(self, xp: Any, pred: Array, target: Array) -> Array:
        return xp.tanh(pred - target)  # tanh r

    def to_torch(self) -> Any:
        """Composed of torch's functions, since torch has no log-cosh loss."""
        import torch

        def log_cosh(pred: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
            r = pred - target
            near = -0.5 * torch.log1p(-(torch.tanh(r.clamp(-1, 1)) ** 2))  # cosh² = 1 / (1 - tanh²)
            far = r.abs() + torch.nn.functional.softplus(-2 * r.abs()) - math.log(2)
            return reduce_torch(torch.where(r.abs() < 1, near, far), self.reduction)

        return log_cosh


def reduce_torch(values: Any, reduction: str) -> Any:
    """A torch tensor reduced with torch's own methods, for losses that torch does not have."""
    return {"mean": values.mean, "sum": values.sum, "none": lambda: values}[reduction]()
