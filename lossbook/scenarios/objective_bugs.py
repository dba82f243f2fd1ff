"""Losses, metrics and a last layer with the bugs that people write, and as people write them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook import checks
from lossbook.data import Digits
from lossbook.data.digits import Split

LASTS: dict[str, type[nn.Module]] = {"softmax": nn.Softmax, "log_softmax": nn.LogSoftmax, "none": nn.Identity}


@dataclass(frozen=True)
class EndsIn:
    """A net with one more layer at its end: "softmax", "log_softmax" or "none"."""

    net: Any
    last: str = "none"

    def __post_init__(self) -> None:
        checks.has_method("net", self.net, "build")
        checks.one_of("last", self.last, LASTS)

    def build(self) -> nn.Sequential:
        """A net with fresh weights, drawn from torch's current random state."""
        return nn.Sequential(*self.net.build(), LASTS[self.last](dim=1))


@dataclass(frozen=True)
class MinusForgotten:
    """The log-likelihood without the minus in front: the training lowers it, but should raise it."""

    unit: ClassVar[str] = "nats"

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        return F.log_softmax(pred, dim=1).gather(1, target[:, None]).mean()


@dataclass(frozen=True)
class LogAfterSoftmax:
    """Cross entropy in two steps: the softmax of a score far below the others is 0, and its logarithm is -inf."""

    unit: ClassVar[str] = "nats"

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        probabilities = torch.softmax(pred, dim=1)
        return -torch.log(probabilities.gather(1, target[:, None])).mean()


@dataclass(frozen=True)
class LogAfterSigmoid:
    """Binary cross entropy as in the textbook: a probability that rounds to 1 makes 0 · log(0), which is NaN."""

    unit: ClassVar[str] = "nats"

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        p, y = torch.sigmoid(pred), F.one_hot(target, pred.shape[1])
        return -(y * torch.log(p) + (1 - y) * torch.log(1 - p)).mean()


@dataclass(frozen=True)
class LogitsWithSigmoid:
    """The same binary cross entropy, of each class against the others, by torch's function for logits."""

    unit: ClassVar[str] = "nats"

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(pred, F.one_hot(target, pred.shape[1]).to(pred))


@dataclass(frozen=True)
class AbsoluteErrorOfSoftmax:
    """The mean absolute error between softmax and one-hot target: a loss for quantities, used for classes."""

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        return F.l1_loss(torch.softmax(pred, dim=1), F.one_hot(target, pred.shape[1]).to(pred))


@dataclass(frozen=True)
class CrossEntropyOfOne:
    """Cross entropy of a single output: the softmax of one number is 1, so that the loss is always 0."""

    unit: ClassVar[str] = "nats"

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(pred, target)


@dataclass(frozen=True)
class NaiveSquaredError:
    """The mean squared error in one line: (N, 1) minus (N,) is (N, N), each prediction against each target."""

    unit: ClassVar[str] = "squared target units"

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        return ((pred - target) ** 2).mean()


@dataclass(frozen=True)
class NaiveAccuracy:
    """The share of hits in one line: (N, 1) == (N,) is (N, N), each prediction against each target."""

    name: ClassVar[str] = "accuracy"

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        return (pred.argmax(dim=1, keepdim=True) == target).float().mean()


@dataclass(frozen=True)
class Sign:
    """The share of examples whose logit has the sign of its target, 0 or 1."""

    name: ClassVar[str] = "accuracy"

    def value(self, pred: Tensor, target: Tensor) -> Tensor:
        return ((pred > 0) == (target > 0.5)).float().mean()


@dataclass(frozen=True)
class OddDigits:
    """Digits with one target each, (N, 1): 1.0 for an odd digit, 0.0 for an even one."""

    digits: Digits = Digits(train_size=4000)

    def load(self) -> Split:
        split = self.digits.load()
        train_y, val_y = ((labels % 2)[:, None].astype("float32") for labels in (split.train_y, split.val_y))
        return split._replace(train_y=train_y, val_y=val_y)
