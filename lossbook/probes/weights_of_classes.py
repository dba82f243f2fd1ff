"""Weights of classes that are upside down, or in another order than the classes, as torch's own losses get them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from lossbook.copying import copied_model
from lossbook.evidence import Case, unwrapped
from lossbook.evidence.replay import quiet
from lossbook.probes.base import Reading

UNEVEN = 3.0  # times as many examples of one class as of another, from which on weights are meant to make up for it
ONE = 1.6  # ratio of the largest and the smallest of numbers that are one but for which batches were seen
FEWEST = 5  # examples of each class
FIX = "loss_fn = nn.CrossEntropyLoss(weight=counts.sum() / (len(counts) * counts))  # of BCE: pos_weight=no / yes"


class _Weights(TorchFunctionMode):
    """Counts the classes that a loss with weights for them gets."""

    def __init__(self) -> None:
        super().__init__()
        self.weight: Tensor | None = None
        self.counts: Tensor | None = None

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        y = args[1] if len(args) > 1 else kwargs.get("target")
        if func in (F.cross_entropy, F.nll_loss):
            self._note(args[2] if len(args) > 2 else kwargs.get("weight"), y)
        elif func is F.binary_cross_entropy_with_logits and (given := kwargs.get("pos_weight")) is not None:
            yes = given.detach().flatten()
            if len(yes) == 1 and isinstance(y, Tensor) and bool(((y == 0) | (y == 1)).all()):
                self._note(torch.stack([torch.ones_like(yes[0]), yes[0]]), y.long())
        return func(*args, **kwargs)

    def _note(self, weight: Tensor | None, y: Any) -> None:
        if weight is None or not isinstance(y, Tensor) or y.is_floating_point():
            return
        y = y.detach().flatten()
        counts = torch.bincount(y[(y >= 0) & (y < len(weight))], minlength=len(weight)).to(weight)
        self.weight = weight.detach()
        self.counts = counts if self.counts is None else self.counts + counts


def weighed_wrongly(case: Case) -> Reading | None:
    """Whether weights would balance the classes if the rarest one had the largest, or if they were turned round.

    Either is no accident, and no price that somebody has set: with the weights where they belong, all classes that
    were seen count nearly the same. Where the classes are nearly as frequent as each other, no weights are wrong.
    """
    if case.loss_of is None or not case.batches:
        return None
    model, seen = copied_model(unwrapped(case.start.model), shared=[]), _Weights()
    with quiet(model), torch.no_grad(), seen:
        for batch in case.batches:
            case.loss_of(model, batch)
            if seen.weight is None:
                return None
    weight, counts = seen.weight, seen.counts
    if weight is None or counts is None or not float(counts.min()) >= FEWEST or not float(weight.min()) > 0:
        return None
    if _spread(counts) < UNEVEN or _spread(weight * counts) < UNEVEN:
        return None
    listed, seen_of = (", ".join(f"{each:.3g}" for each in numbers.tolist()[:6]) for numbers in (weight, counts))
    sentence = f"of the classes {seen_of} examples were seen, and their weights are {listed}"
    if _spread(weight / counts) < ONE:
        return Reading("found", f"{sentence}: the weights are upside down", certain=True, fix=FIX)
    in_order = weight.sort().values * counts.sort(descending=True).values
    if len(weight) > 2 and _spread(in_order) < ONE:
        sentence = f"{sentence}: in another order these weights would balance them"
        return Reading("found", sentence, certain=True, fix=FIX)
    return None


def _spread(numbers: Tensor) -> float:
    return float(numbers.max() / numbers.min())
