"""Cross entropy: from logits, and from log-probabilities."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from lossbook import checks
from lossbook.checks import Array
from lossbook.losses.class_loss import ClassLoss, is_distribution, log_softmax, one_hot, pick
from lossbook.precision import rounded, working_dtype

TORCHS_OWN = -100  # the class index that torch ignores by default


@dataclass(frozen=True)
class SoftmaxCrossEntropy(ClassLoss):
    r"""Cross entropy of a softmax against a class or a distribution over classes, computed from the logits.

    The rule, for logits :math:`z` (one row per example), the softmax :math:`p` and the target distribution :math:`q`:
    :math:`\ell_n = -\sum_k w_k\, q_{nk} \log p_{nk}`, with gradient
    :math:`\partial \ell_n/\partial z_{nk} = p_{nk} \sum_j w_j q_{nj} - w_k q_{nk}`. A class index :math:`y` stands for
    :math:`q_k = [k = y]`. Label smoothing :math:`\varepsilon` mixes in the uniform distribution:
    :math:`q \leftarrow (1-\varepsilon)\,q + \varepsilon/K`. The mean divides by :math:`\sum_n w_{y_n}` for class
    indices and by :math:`N` for distributions. An example whose class is ``ignore_index`` is left out of sum and mean.

    Args:
        reduction: "mean", "sum", or "none" (one value per example).
        weights: one weight per class, or None for ones.
        label_smoothing: the share :math:`\varepsilon` that is spread evenly over all classes, in [0, 1].
        ignore_index: the class index of examples that are left out, such as padding; None to leave out none. Where all
            are left out, the mean is NaN, as in torch.

    Raises:
        ValueError: ``target`` is not (N,) class indices or (N, K) distributions for logits (N, K); no example at all;
            a class index outside 0..K-1 (see :class:`NLL`); the number of weights is not the number of classes;
            ``ignore_index`` with distributions.
        TypeError: ``pred`` is no floating array; class indices are not integers of any dtype (bools are none).

    Unit: nats. The loss of a net that knows nothing about its K classes is log K. With label smoothing the loss cannot
    reach 0.

    >>> import numpy as np
    >>> loss = SoftmaxCrossEntropy()
    >>> float(loss.value(np.zeros((1, 10)), np.array([3])))  # log 10
    2.302585092994046
    >>> loss.grad(np.zeros((1, 2)), np.array([0])).tolist()
    [[-0.5, 0.5]]

    Reference: Goodfellow, Bengio, Courville, Deep Learning (2016), section 6.2.2.3; label smoothing: Szegedy et al.,
    Rethinking the Inception Architecture for Computer Vision (CVPR 2016), section 7.
    Differs from torch: the classes are the last axis here, in torch the second. torch ignores class -100 by default.
    The row of an ignored example may hold NaN or infinity here; torch's gradient is NaN then.
    """

    unit: ClassVar[str] = "nats"
    label_smoothing: float = 0.0
    ignore_index: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.in_interval("label_smoothing", self.label_smoothing, "[0, 1]")

    def value(self, pred: Array, target: Array) -> Array:
        """The loss; ``pred`` is logits (N, K), ``target`` (N,) classes 0..K-1 or (N, K) distributions."""
        return super().value(pred, target)

    def _each(self, xp: Any, pred: Array, target: Array) -> Array:
        log_p = log_softmax(xp, pred)
        if target.ndim < pred.ndim and self.label_smoothing == 0:  # q is 1 at one class: the sum has one term
            return -self._weight_of_each(xp, pred, target) * pick(xp, log_p, target)  # ℓ_n = -w_y log p_ny
        q = self._distribution(xp, pred, target)
        log_p = xp.where(q > 0, log_p, xp.zeros_like(log_p))  # 0 · log 0 is 0
        return -xp.sum(self._weights(xp, pred) * q * log_p, axis=-1)  # ℓ_n = -Σ_k w_k q_nk log p_nk

    def _slope(self, xp: Any, pred: Array, target: Array) -> Array:
        wq = self._weights(xp, pred) * self._distribution(xp, pred, target)
        p = xp.exp(log_softmax(xp, pred))
        return p * xp.sum(wq, axis=-1, keepdims=True) - wq  # p_k Σ_j w_j q_j - w_k q_k

    def check_values(self, pred: Array, target: Array) -> None:
        """Raise if a row of targets is no distribution, or if ``pred`` holds softmax rows in place of logits."""
        super().check_values(pred, target)
        xp = checks.namespace(pred=pred, target=target)
        if xp.isdtype(target.dtype, "real floating") and not is_distribution(xp, target):
            raise ValueError("target must hold one distribution per row, each of numbers >= 0 that sum to 1.")
        if is_distribution(xp, pred):
            raise ValueError(
                "pred must be logits, but every row holds numbers >= 0 that sum to 1, as after a softmax. "
                "Remove the model's last softmax: this loss applies one itself."
            )

    def _prepare(self, pred: Array, target: Array) -> tuple[Any, Array, Array, Array | None]:
        """As :class:`ClassLoss` does it; with distributions every row counts."""
        xp = checks.namespace(pred=pred, target=target)
        if not xp.isdtype(target.dtype, "real floating"):
            return super()._prepare(pred, target)
        checks.floating(xp, pred=pred)
        checks.same_shape(pred=pred, target=target)
        checks.not_empty("pred", pred)
        if self.ignore_index is not None:
            raise ValueError(f"ignore_index goes with class indices, got {self.ignore_index} and distributions.")
        dtype = working_dtype(xp, pred.dtype)
        return xp, rounded(xp, pred, dtype), rounded(xp, target, dtype), None

    def _total(self, xp: Any, pred: Array, target: Array, counts: Array | None) -> Any:
        """With distributions the mean divides by N, whatever the weights."""
        if target.ndim == pred.ndim:
            return math.prod(target.shape[:-1])
        return super()._total(xp, pred, target, counts)

    def _distribution(self, xp: Any, logits: Array, target: Array) -> Array:
        """q, (N, K): the target as a distribution, smoothed."""
        q = target if target.ndim == logits.ndim else one_hot(xp, target, logits)
        if self.label_smoothing == 0:
            return q
        return (1 - self.label_smoothing) * q + self.label_smoothing / logits.shape[-1]

    def to_torch(self) -> Any:
        """torch's own: ``torch.nn.CrossEntropyLoss``."""
        import torch

        return torch.nn.CrossEntropyLoss(
            weight=self._torch_weight(),
            ignore_index=TORCHS_OWN if self.ignore_index is None else self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


@dataclass(frozen=True)
class NLL(ClassLoss):
    r"""Negative log likelihood: minus the log-probability of the true class, which the model itself gives.

    The rule, for log-probabilities :math:`\log p`: :math:`\ell_n = -w_{y_n} \log p_{n y_n}`; the mean divides by
    :math:`\sum_n w_{y_n}`. After a log-softmax it is the cross entropy. Given probabilities instead, it is negative and
    means nothing.

    Args:
        reduction: "mean", "sum", or "none" (one value per example).
        weights: one weight per class, or None for ones.
        ignore_index: the class index of examples that are left out, such as padding; None to leave out none. Where all
            are left out, the mean is NaN, as in torch.

    Raises:
        ValueError: ``target`` is not (N,) class indices for ``pred`` (N, K); no example at all; the number of weights
            is not the number of classes; a class index outside 0..K-1. On the CPU every call checks the class indices.
            On another device each step would have to wait for that check, and inside vmap or ``torch.compile`` it is
            impossible: there such an example makes loss and gradient NaN.
        TypeError: ``pred`` is no floating array; class indices are not integers of any dtype (bools are none).

    Unit: nats.

    >>> import numpy as np
    >>> float(NLL().value(np.log(np.array([[0.25, 0.75]])), np.array([0])))
    1.3862943611198906

    Reference: Goodfellow, Bengio, Courville, Deep Learning (2016), section 5.5.
    Differs from torch: the classes are the last axis here, in torch the second. torch ignores class -100 by default.
    """

    unit: ClassVar[str] = "nats"
    ignore_index: int | None = None

    def value(self, pred: Array, target: Array) -> Array:
        """The loss; ``pred`` is log-probabilities (N, K), ``target`` (N,) classes 0..K-1."""
        return super().value(pred, target)

    def _each(self, xp: Any, pred: Array, target: Array) -> Array:
        return -self._weight_of_each(xp, pred, target) * pick(xp, pred, target)  # -w_y log p_y

    def _slope(self, xp: Any, pred: Array, target: Array) -> Array:
        return -self._weights(xp, pred) * one_hot(xp, target, pred)  # -w_y [k = y]

    def check_values(self, pred: Array, target: Array) -> None:
        """Raise if ``pred`` holds a number above 0, which no log-probability can be."""
        super().check_values(pred, target)
        xp = checks.namespace(pred=pred, target=target)
        if bool(xp.any(pred > 1e-6)):
            raise ValueError(
                f"pred must be log-probabilities, none above 0, got {float(xp.max(pred)):.4g}. "
                "Apply log_softmax to logits, or give the logits to SoftmaxCrossEntropy."
            )

    def to_torch(self) -> Any:
        """torch's own: ``torch.nn.NLLLoss``."""
        import torch

        ignored = TORCHS_OWN if self.ignore_index is None else self.ignore_index
        return torch.nn.NLLLoss(weight=self._torch_weight(), ignore_index=ignored, reduction=self.reduction)
