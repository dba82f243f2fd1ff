"""Losses: a frozen object with ``value(pred, target)``, ``grad(pred, target)`` and ``to_torch()``."""

from lossbook.losses.classification import Hinge, SoftmaxCrossEntropy
from lossbook.losses.regression import MSE

#: name -> the loss with its usual settings
LOSSES = {
    "mse": MSE(),
    "cross-entropy": SoftmaxCrossEntropy(),
    "hinge": Hinge(),
}

__all__ = ["LOSSES", "MSE", "Hinge", "SoftmaxCrossEntropy"]
