"""The loss before the first step, if the model knows nothing yet: the cheapest test of a training."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossbook import checks
from lossbook.checks import Array
from lossbook.losses.base import Loss
from lossbook.losses.binary import BinaryCrossEntropy
from lossbook.losses.class_loss import ClassLoss
from lossbook.losses.cross_entropy import NLL, SoftmaxCrossEntropy
from lossbook.losses.regression import MAE, MSE


def expected_initial_loss(loss: Loss, target: Array, *, classes: int | None = None, informed: bool = False) -> float:
    r"""The loss of a model whose output does not depend on its input.

    Without information the output is 0 (for :class:`NLL`: the uniform distribution), as from a well-initialised last
    layer: :math:`\log K` for K classes, :math:`\log 2` for a logit, 1 for a hinge, the mean square of the targets for
    :class:`MSE`. Informed, the output is the best constant, which a bias alone can learn: the entropy of the class
    frequencies, the variance of the targets (MSE), their mean distance to the median (MAE). Examples that the loss
    ignores are left out; ``pos_weight`` is counted.

    Args:
        loss: with reduction "mean".
        target: as the loss takes it: class indices, or an array of numbers.
        classes: K, needed with class indices.
        informed: take the best constant output instead of none.

    Returns:
        The loss, in its own unit.

    Raises:
        ValueError: the reduction is not "mean"; ``target`` is empty; ``classes`` is missing; a class index is outside
            0..K-1; ``informed`` for a loss whose best constant has no closed form (Huber, log-cosh, the hinges), or
            with class weights or label smoothing.

    >>> labels = np.array([0] * 9 + [1])
    >>> round(expected_initial_loss(SoftmaxCrossEntropy(), labels, classes=2), 4)  # log 2
    0.6931
    >>> round(expected_initial_loss(SoftmaxCrossEntropy(), labels, classes=2, informed=True), 4)  # the entropy
    0.3251

    Reference: Karpathy, A Recipe for Training Neural Networks (2019), "verify loss @ init".
    """
    if loss.reduction != "mean":
        raise ValueError(f"loss must have reduction 'mean', got {loss.reduction!r}.")
    target = np.atleast_1d(np.asarray(target))
    checks.not_empty("target", target)
    if isinstance(loss, ClassLoss) and np.isdtype(target.dtype, "integral"):
        if classes is None:
            raise ValueError("classes must be given with class indices, got None.")
        checks.whole_number("classes", classes, 1)
        target = _counted(loss, target.astype(np.int64), classes)
    else:
        classes = None
    output = _best_constant(loss, target, classes) if informed else _ignorance(loss, target, classes)
    return float(loss.value(output, target))


def chance_loss(loss: Any, target: Array, classes: int) -> float | None:
    """The loss of a model that knows nothing of its inputs, as ``History.chance`` holds it; None if it is not known.

    It is the loss of the best constant output, or of the output 0 if the best constant has no closed form. Among
    torch's own losses it is known for those in ``TORCHS``, with their usual settings.

    Args:
        loss: any.
        target: on the CPU.
        classes: numbers that the model gives for each example; K for class indices.

    >>> chance_loss(MSE(), np.array([[1.0], [3.0]]), classes=1)  # the variance
    1.0
    """
    known = TORCHS.get(getattr(loss, "name", ""), loss)
    if not isinstance(known, Loss) or known.reduction != "mean":
        return None
    target = np.asarray(target)
    if known is not loss and isinstance(known, ClassLoss) and target.dtype.kind in "iu":
        target = target[target >= 0]  # torch ignores -100
    for informed in (True, False):
        try:
            level = expected_initial_loss(known, target, classes=classes, informed=informed)
        except (ValueError, TypeError):  # no closed form, or targets that the loss cannot take
            continue
        return level if np.isfinite(level) else None
    return None


#: name of a torch loss -> the same loss in this package
TORCHS: dict[str, Loss] = {
    "CrossEntropyLoss": SoftmaxCrossEntropy(),
    "cross_entropy": SoftmaxCrossEntropy(),
    "NLLLoss": NLL(),
    "nll_loss": NLL(),
    "BCEWithLogitsLoss": BinaryCrossEntropy(),
    "binary_cross_entropy_with_logits": BinaryCrossEntropy(),
    "MSELoss": MSE(),
    "mse_loss": MSE(),
    "L1Loss": MAE(),
    "l1_loss": MAE(),
}


def _counted(loss: ClassLoss, target: np.ndarray, classes: int) -> np.ndarray:
    """The class indices that the loss does not ignore, (N,); raises if one is out of range."""
    ignored = getattr(loss, "ignore_index", None)
    checks.labels(np, target, classes, ignored)
    target = target[target != ignored] if ignored is not None else target.reshape(-1)
    checks.not_empty(f"target without {ignored}, the ignored label,", target)
    return target


def _ignorance(loss: Loss, target: np.ndarray, classes: int | None) -> np.ndarray:
    """An output that says nothing, in the shape that the loss takes; ``classes`` is None without class indices."""
    if classes is None:
        return np.zeros(target.shape)
    return np.full((len(target), classes), -np.log(classes) if isinstance(loss, NLL) else 0.0)


def _best_constant(loss: Loss, target: np.ndarray, classes: int | None) -> np.ndarray:
    """The output with the lowest loss among those that are the same for all examples."""
    plain = getattr(loss, "weights", None) is None and getattr(loss, "label_smoothing", 0.0) == 0
    constant: Any = None
    if isinstance(loss, MSE):
        constant = target.mean(axis=0)
    elif isinstance(loss, MAE):
        constant = np.median(target, axis=0)
    elif isinstance(loss, BinaryCrossEntropy):
        share = target.mean(axis=0)
        weight = 1.0 if loss.pos_weight is None else np.asarray(loss.pos_weight)
        constant = _log(weight * share) - _log(1 - share)  # log w p/(1-p)
    elif isinstance(loss, (SoftmaxCrossEntropy, NLL)) and plain:
        rows = target.reshape(-1, target.shape[-1])
        share = rows.mean(axis=0) if classes is None else np.bincount(target, minlength=classes) / len(target)
        return np.broadcast_to(_log(share), target.shape if classes is None else (len(target), classes)).copy()
    if constant is None:
        raise ValueError(f"informed=True has no closed form for this loss, got {loss!r}.")
    return np.broadcast_to(constant, target.shape).astype(float)


def _log(share: Any) -> Any:
    """log, with a very small share in place of 0, so that an absent class costs nothing and breaks nothing."""
    return np.log(np.maximum(share, 1e-300))
