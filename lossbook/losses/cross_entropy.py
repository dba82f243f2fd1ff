"""Cross entropy: from logits, and from log-probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lossbook import checks
from lossbook.checks import Array
from lossbook.losses.class_loss import ClassLoss, is_distribution, log_softmax, one_hot, pick


@dataclass(frozen=True)
class SoftmaxCrossEntropy(ClassLoss):
    r"""Cross entropy of a softmax against a class or a distribution over classes, computed from the logits.

    The rule, for logits :math:`z` (one row per example), the softmax :math:`p` and the target distribution :math:`q`:
    :math:`\ell_n = -\sum_k w_k\, q_{nk} \log p_{nk}`, with gradient
    :math:`\partial \ell_n/\partial z_{nk} = p_{nk} \sum_j w_j q_{nj} - w_k q_{nk}`. A class index :math:`y` stands for
    :math:`q_k = [k = y]`. Label smoothing :math:`\varepsilon` mixes in the uniform distribution:
    :math:`q \leftarrow (1-\varepsilon)\,q + \varepsilon/K`. The mean divides by :math:`\sum_n w_{y_n}` for class
    indices and by :math:`N` for distributions.

    Args:
        reduction: "mean", "sum", or "none" (one value per example).
        weights: one weight per class, or None for ones.
        label_smoothing: the share :math:`\varepsilon` that goes to all classes alike, in [0, 1].

    Raises:
        ValueError: ``target`` is not (N,) class indices or (N, K) distributions for logits (N, K); no example at all;
            not as many weights as classes.
        TypeError: ``logits`` is no floating array; class indices are not integers.

    Unit: nats. A net that knows nothing of K classes stands at log K. With label smoothing the loss cannot reach 0.

    >>> import numpy as np
    >>> loss = SoftmaxCrossEntropy()
    >>> float(loss.value(np.zeros((1, 10)), np.array([3])))  # log 10
    2.302585092994046
    >>> loss.grad(np.zeros((1, 2)), np.array([0])).tolist()
    [[-0.5, 0.5]]

    Reference: Goodfellow, Bengio, Courville, Deep Learning (2016), section 6.2.2.3; label smoothing: Szegedy et al.,
    Rethinking the Inception Architecture for Computer Vision (CVPR 2016), section 7.
    Differs from torch: the classes are the last axis here, in torch the second.
    """

    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        checks.in_interval("label_smoothing", self.label_smoothing, "[0, 1]")

    def value(self, pred: Array, target: Array) -> Array:
        """The loss; ``pred`` is logits (N, K), ``target`` (N,) classes 0..K-1 or (N, K) distributions."""
        xp, weights, per_example = self._prepare(pred, target)
        log_p = log_softmax(xp, pred)
        q = self._distribution(xp, pred, target)
        log_p = xp.where(q > 0, log_p, xp.zeros_like(log_p))  # 0 · log 0 is 0
        values = -xp.sum(weights * q * log_p, axis=-1)  # ℓ_n = -Σ_k w_k q_nk log p_nk
        return self._reduce(xp, values, per_example)

    def grad(self, pred: Array, target: Array) -> Array:
        """The gradient with respect to the logits, (N, K)."""
        xp, weights, per_example = self._prepare(pred, target)
        wq = weights * self._distribution(xp, pred, target)
        p = xp.exp(log_softmax(xp, pred))
        return self._share(xp, p * xp.sum(wq, axis=-1, keepdims=True) - wq, per_example)  # p_k Σ_j w_j q_j - w_k q_k

    def check_values(self, pred: Array, target: Array) -> None:
        """Raise if distributions are none, or if ``pred`` holds softmax rows where logits belong."""
        super().check_values(pred, target)
        xp = checks.namespace(pred=pred, target=target)
        if xp.isdtype(target.dtype, "real floating") and not is_distribution(xp, target):
            raise ValueError("target must hold one distribution per row, each of numbers >= 0 that sum to 1.")
        if is_distribution(xp, pred):
            raise ValueError(
                "pred must be logits, but every row holds numbers >= 0 that sum to 1, as after a softmax. "
                "Take the model's last softmax away: this loss applies one itself."
            )

    def _prepare(self, logits: Array, target: Array) -> tuple[Any, Any, Array]:
        """The namespace, the class weights (K,), or 1.0 without, and what each example weighs in a mean (N,)."""
        xp = checks.namespace(logits=logits, target=target)
        distributions = xp.isdtype(target.dtype, "real floating")
        if distributions:
            checks.floating(xp, logits=logits)
            checks.same_shape(logits=logits, target=target)
            checks.not_empty("logits", logits)
        else:
            self._check(logits, target)
        weights = 1.0 if self.weights is None else self._weights(xp, logits)
        if distributions or self.weights is None:
            return xp, weights, xp.ones_like(logits[..., 0])
        return xp, weights, pick(xp, xp.broadcast_to(weights, logits.shape), target)

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
            weight=self._torch_weight(), reduction=self.reduction, label_smoothing=self.label_smoothing
        )


@dataclass(frozen=True)
class NLL(ClassLoss):
    r"""Negative log likelihood: minus the log-probability of the true class, which the model itself gives.

    The rule, for log-probabilities :math:`\log p`: :math:`\ell_n = -w_{y_n} \log p_{n y_n}`; the mean divides by
    :math:`\sum_n w_{y_n}`. After a log-softmax it is the cross entropy. Given probabilities, it is negative and
    means nothing.

    Args:
        reduction: "mean", "sum", or "none" (one value per example).
        weights: one weight per class, or None for ones.

    Unit: nats.

    >>> import numpy as np
    >>> float(NLL().value(np.log(np.array([[0.25, 0.75]])), np.array([0])))
    1.3862943611198906

    Reference: Goodfellow, Bengio, Courville, Deep Learning (2016), section 5.5.
    Differs from torch: the classes are the last axis here, in torch the second.
    """

    def value(self, pred: Array, target: Array) -> Array:
        """The loss; ``pred`` is log-probabilities (N, K), ``target`` (N,) classes 0..K-1."""
        xp = self._check(pred, target)
        weights = pick(xp, xp.broadcast_to(self._weights(xp, pred), pred.shape), target)
        return self._reduce(xp, -weights * pick(xp, pred, target), weights)  # -w_y log p_y

    def grad(self, pred: Array, target: Array) -> Array:
        """The gradient with respect to the log-probabilities, (N, K)."""
        xp = self._check(pred, target)
        class_weights = self._weights(xp, pred)
        weights = pick(xp, xp.broadcast_to(class_weights, pred.shape), target)
        return self._share(xp, -class_weights * one_hot(xp, target, pred), weights)  # -w_y [k = y]

    def check_values(self, pred: Array, target: Array) -> None:
        """Raise if ``pred`` holds anything above 0: a log-probability cannot."""
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

        return torch.nn.NLLLoss(weight=self._torch_weight(), reduction=self.reduction)
