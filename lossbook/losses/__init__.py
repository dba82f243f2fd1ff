"""Losses: a frozen object with ``value(pred, target)``, ``grad(pred, target)`` and ``to_torch()``.

``FromTorch`` lets an experiment train on a torch loss, or on any function of outputs and targets.
"""

from lossbook.losses.base import Loss
from lossbook.losses.binary import BinaryCrossEntropy, Hinge, SquaredHinge
from lossbook.losses.cross_entropy import NLL, SoftmaxCrossEntropy
from lossbook.losses.from_torch import FromTorch
from lossbook.losses.initial import expected_initial_loss
from lossbook.losses.multiclass_hinge import MultiClassHinge
from lossbook.losses.regression import MAE, MSE, Huber, LogCosh

#: name -> the loss with its usual settings
LOSSES: dict[str, Loss] = {
    "mse": MSE(),
    "mae": MAE(),
    "huber": Huber(),
    "log-cosh": LogCosh(),
    "binary cross-entropy": BinaryCrossEntropy(),
    "hinge": Hinge(),
    "squared hinge": SquaredHinge(),
    "cross-entropy": SoftmaxCrossEntropy(),
    "label smoothing": SoftmaxCrossEntropy(label_smoothing=0.1),
    "nll": NLL(),
    "multi-class hinge": MultiClassHinge(),
}

__all__ = [
    "LOSSES",
    "MAE",
    "MSE",
    "NLL",
    "BinaryCrossEntropy",
    "FromTorch",
    "Hinge",
    "Huber",
    "LogCosh",
    "Loss",
    "MultiClassHinge",
    "SoftmaxCrossEntropy",
    "SquaredHinge",
    "expected_initial_loss",
]
