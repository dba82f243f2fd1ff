"""Whether each place of a sequence sees what comes next, where that is what it shall foretell.

Asked of the trained model: what comes next is exchanged for what comes next in another example. Where no place sees
it, the output does not move; where one does, and has learned to use it, the output follows.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import output_of
from lossbook.evidence.structure import mapped, tensors
from lossbook.probes.dependence import CLOSE, takes
from lossbook.probes.shifted import Shifted, counts, shifted_input
from lossbook.probes.whole_row import by_a_code

PLACES = 6  # of a sequence that are asked
FOLLOW = 0.5  # of these, whose output must follow
CLOSER = 0.05  # of the way from what costs most to what fits, that an output must go: broken runs at least 0.1
MAIN = 0.1  # of the loss's slope, by which it changes with a target where an output is compared with that
WANTED = 0.5  # of the examples, that must have a target at a place
LOOKED_AT = 4  # batches in which what comes next must be the target


class Exchanged(NamedTuple):
    """A batch in which what comes next was exchanged, at one place of all examples, and with it the target."""

    batch: Batch
    target: Any
    compared: list[Tensor]  #: for each tensor of the output, which of its numbers the loss compares with that target
    output: Any


def told_by_the_next(case: Case) -> str | None:
    """That places see what comes next, which is their target, and make use of it, in words; None if they do not.

    What a model first makes into one code of the whole row, and then unfolds, is meant to see all of it.
    """
    shifted = _shifted_in_all(case)
    numbers = shifted is not None and shifted.y.is_floating_point()
    if shifted is None or case.loss is None or (numbers and not _takes_beginnings(case, shifted)):
        return None
    output = output_of(case.now.model, case.batches[0])
    places = [int(place) for place in torch.linspace(0, shifted.places - 2, PLACES)]
    asked = [place for place in dict.fromkeys(places) if _wanted(shifted, place) >= WANTED]
    tried = [_exchanged(case, shifted, output, place) for place in asked]
    follow = [each for each in tried if _follows(case, output, each)]
    if not asked or not len(follow) >= FOLLOW * len(asked):
        return None
    first = follow[0]
    plain, patched = by_a_code(case.now.model, case.batches[0], first.batch, shifted.places)
    if not _moved(plain, patched, first.compared):
        return None
    said = f"each place sees {'what' if numbers else 'the token that'} comes next, which is its target"
    return f"{said}, and follows if that is exchanged, at {len(follow)} of {len(asked)} places asked"


def _shifted_in_all(case: Case) -> Shifted | None:
    """What is so in all batches that are looked at."""
    found = [shifted_input(batch) for batch in case.batches[:LOOKED_AT]]
    return found[0] if found and all(found) and len({one.axis for one in found if one}) == 1 else None


def _wanted(shifted: Shifted, place: int) -> float:
    return float(counts(shifted.targets.select(shifted.axis, place)).double().mean())


def _takes_beginnings(case: Case, shifted: Shifted) -> bool:
    """Whether the model takes rows that end earlier, and gives less then: it does the same for each place."""
    batch, axis = case.batches[0], shifted.axis

    def cut(each: Tensor) -> Tensor:
        there = each.ndim > axis and each.shape[axis] == shifted.places
        return each.narrow(axis, 0, shifted.places - 1) if there else each

    inputs, kwargs = mapped(cut, (batch.inputs, batch.kwargs))
    shorter = batch._replace(inputs=inputs, kwargs=kwargs)
    if not takes(case.now.model, shorter):
        return False
    few, many = (sum(each.numel() for each in tensors(output_of(case.now.model, one))) for one in (shorter, batch))
    return few < many


def _exchanged(case: Case, shifted: Shifted, output: Any, place: int) -> Exchanged:
    """What comes after a place is that of the example before; in a batch of one, what stands at the place itself."""
    batch, axis = case.batches[0], shifted.axis

    def other(row: Tensor) -> Tensor:
        ahead = row.select(axis, place + 1)
        return ahead.roll(1, 0) if len(ahead) > 1 else row.select(axis, place)

    x, targets = shifted.x.clone(), shifted.targets.clone()
    x.select(axis, place + 1).copy_(other(shifted.x))
    here = targets.select(axis, place)
    here.copy_(torch.where(counts(here), other(shifted.ids).to(here), here))
    y = mapped(lambda each: targets.reshape(each.shape) if each is shifted.y else each, batch.target)
    changed = batch.map(lambda each: x if each is shifted.x else each)
    after = output_of(case.now.model, changed)
    slopes = zip(_slopes(case, output, batch.target), _slopes(case, output, y), strict=True)
    compared = [(b - a).abs() > MAIN * torch.maximum(a.abs(), b.abs()) for a, b in slopes]
    return Exchanged(changed, y, compared, after)


def _slopes(case: Case, output: Any, y: Any) -> list[Tensor]:
    """The gradient of the loss by each tensor of the output."""
    given = mapped(lambda each: each.clone().requires_grad_(each.is_floating_point()), output)
    every = tensors(given)
    grads = torch.autograd.grad(
        case.loss(given, y),  # type: ignore[misc]
        [each for each in every if each.requires_grad],
        allow_unused=True,
    )
    found = iter(grads)
    slopes = [next(found) if each.requires_grad else None for each in every]
    return [torch.zeros_like(each) if slope is None else slope for each, slope in zip(every, slopes, strict=True)]


def _moved(before: Any, after: Any, compared: list[Tensor]) -> bool:
    """Whether something that is compared is another number, beyond rounding."""
    three = zip(tensors(before), tensors(after), compared, strict=True)
    return any(bool(((b - a).abs() > CLOSE * a.abs().max())[there].any()) for a, b, there in three)


def _follows(case: Case, output: Any, exchanged: Exchanged) -> bool:
    """Whether a place moves with what was put after it, and fits it the better for that."""
    if not _moved(output, exchanged.output, exchanged.compared):
        return False
    three = zip(tensors(output), tensors(exchanged.output), exchanged.compared, strict=True)
    mixed = iter([torch.where(there, b, a) for a, b, there in three])
    given = mapped(lambda _: next(mixed), output)
    pairs = ((output, case.batches[0].target), (output, exchanged.target), (given, exchanged.target))
    right, wrong, then = (float(case.loss(one, y)) for one, y in pairs)  # type: ignore[misc]
    return wrong - then > CLOSER * (wrong - right) > 0
