"""What a model's outputs are for each example by itself: what it costs, and which class is predicted."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import loss_on, output_of
from lossbook.evidence.structure import mapped
from lossbook.probes.examples import data_loss
from lossbook.probes.made_up import is_class_list, value_of, yes_or_no

SAMPLE = 400  #: examples that are looked at one by one


def losses_of(case: Case, batch: Batch) -> np.ndarray:
    """The loss of each example by itself, now; of each twice, since a loss that squeezes would lose a batch of one."""
    assert case.loss is not None
    output = output_of(case.now.model, batch)
    pairs = ([i, i] for i in range(batch.size))
    return np.array([float(case.loss(_at(output, pair), _at(batch.target, pair))) for pair in pairs])


def chance_loss(case: Case, batch: Batch) -> float:
    """The loss of a model that knows nothing: the fresh one."""
    return loss_on(data_loss(case), case.start.model, batch)


def _at(value: Any, chosen: Any) -> Any:
    return mapped(lambda each: each[chosen], value)


def predicted_classes(case: Case, output: Any, y: Tensor) -> Tensor | None:
    """The class that each row of outputs stands for, or each place of a mask; None for other targets."""
    if not isinstance(output, Tensor):
        return None
    if is_class_list(y):
        return output.argmax(-1) if output.ndim == 2 and int(y.max()) < output.shape[-1] else None
    single, mask = y.numel() == len(y), y.ndim > 2
    if not (single or mask) or output.shape[1:].numel() != y.shape[1:].numel() or not yes_or_no(y):
        return None
    return (output.flatten() > _border(case, output, y)).long()


def _border(case: Case, output: Tensor, y: Tensor) -> float:
    """The output at which yes and no cost the same: 0 for logits, 0.5 for probabilities."""

    def apart(at: float) -> float:
        some, asked = torch.full_like(output[:2], at), y[:2].reshape(len(output[:2]), *y.shape[1:])
        yes, no = (value_of(case.loss, some, torch.full_like(asked, which)) for which in (1.0, 0.0))
        return float("inf") if yes is None or no is None else abs(yes - no)

    return min((0.5, 0.0), key=apart)


def ranked_above(output: Tensor, y: Tensor, one: int) -> float:
    """Of how many pairs of an example of a class and another one, the first one has the higher output for the class."""
    score = output.flatten() * (1 if one else -1) if output.numel() == len(y) else output[:, one] - output.logsumexp(1)
    own, other = score[y == one].double(), score[y != one].double().sort().values
    return float(torch.searchsorted(other, own).double().mean() / max(len(other), 1))
