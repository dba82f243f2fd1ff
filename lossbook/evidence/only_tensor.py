"""A training of a function of one tensor and its target, made of one whose model gives that tensor in a dict or tuple.

The loss may be the reader's own, and look for it there: ``loss(outputs["logits"], y)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from lossbook.copying import copied_model
from lossbook.evidence.case import Case
from lossbook.evidence.nonfinite import has_ranks
from lossbook.evidence.one_output import with_other_batches
from lossbook.evidence.snapshot import unwrapped
from lossbook.evidence.structure import leaves, mapped
from lossbook.evidence.surroundings import draws_kept, quiet


@dataclass(frozen=True)
class Wrapping:
    """A loss that gets its tensor within what the model would have given."""

    loss: Any
    around: Any  #: the same, with an empty tensor there

    def __call__(self, output: Any, target: Any) -> Tensor:
        """The loss."""
        return self.loss(mapped(lambda _: output, self.around), target)


KINDS = (tuple, list, Mapping)  #: what it may stand in


def of_the_only_tensor(case: Case, output: Any) -> Case:
    """The case whose batches give the only tensor of the output; the same one where it has several.

    Args:
        case: of a training, told by its batches.
        output: what a pass of the training gave.
    """
    batch = case.batches[0]
    told_otherwise = batch.calls > 1 or batch.script is not None or batch.place is not None
    if not isinstance(output, KINDS) or case.loss is None or told_otherwise or has_ranks():
        return case
    try:
        model = copied_model(unwrapped(case.start.model), shared=[]).eval()
        with draws_kept(), torch.no_grad(), quiet(model):
            given = batch.output(model)
            held = leaves(given)
            places = [place for place, each in enumerate(held) if isinstance(each, Tensor)]
            if not isinstance(given, KINDS) or len(places) != 1:
                return case
            (place,) = places
            wrapping = Wrapping(case.loss, mapped(lambda each: each.new_empty(0), given))
            if not torch.equal(case.loss(given, batch.target), wrapping(held[place], batch.target)):
                return case
    except Exception:  # the reader's own code
        return case
    return with_other_batches(case, wrapping, lambda batch: batch._replace(place=place))
