"""A loss of logits that makes probabilities of them, and then takes these for logits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from lossbook.evidence import Case
from lossbook.probes.made_up import close, true_classes, value_of, yes_or_no

SIZES = (1.0, 4.0)  # of the logits that are made up
SOFTMAX = "cross entropy of their softmax, which is taken for logits"
SIGMOID = "binary cross entropy of their sigmoid, which is taken for a logit"


def squashed_twice(case: Case, output: Tensor, y: Tensor) -> tuple[str, Callable[[Tensor, Any], Tensor]] | None:
    """What the loss of any logits is, in words, and the loss that was meant; None if it is no such loss."""
    if (found := true_classes(case, output, y)) is not None and not y.is_floating_point():
        axis, name = found[1], SOFTMAX

        def squash(logits: Tensor) -> Tensor:
            return logits.softmax(axis)

        def meant(logits: Tensor, y: Any) -> Tensor:
            return F.cross_entropy(logits.movedim(axis, 1), y)

    elif y.numel() == output.numel() and yes_or_no(y):
        name = SIGMOID

        def squash(logits: Tensor) -> Tensor:
            return logits.sigmoid()

        def meant(logits: Tensor, y: Any) -> Tensor:
            return F.binary_cross_entropy_with_logits(logits, y.reshape(logits.shape).to(logits))

    else:
        return None
    some = torch.randn(output.shape, generator=torch.Generator().manual_seed(0)).to(output)
    for logits in (size * some for size in SIZES):
        own = value_of(case.loss, logits, y)
        twice, once = float(meant(squash(logits), y)), float(meant(logits, y))
        if own is None or not close(twice, own) or close(once, own):
            return None
    return name, meant
