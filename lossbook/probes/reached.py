"""Whether any backward pass of a training reached the model, and what its optimisers hold."""

from __future__ import annotations

import torch

from lossbook.evidence import Case, unwrapped
from lossbook.probes.base import Reading

FEW = 10  # backward passes, after which a parameter must have got a gradient


def told_by_steps(case: Case) -> Reading | None:
    """What the training's own backward passes and steps say of a graph that was cut; None where they do not decide.

    It is cut where none ever reached the model, or a net of several that has an optimiser of its own. It is not where
    the optimisers hold nothing but what never got a gradient, while others that they do not hold got theirs: those are
    what was to be trained.
    """
    if (passes := never_reached(case)) is not None:
        return Reading("found", f"in {passes} backward passes no parameter of the model got a gradient", 0, 0)
    idle = _still(case, set(case.seen.idle or ()))
    if idle:
        sentence = f"an optimiser steps, and none of its {len(idle)} parameters ever got a gradient"
        return Reading("found", f"{sentence}, {(case.seen.idle or idle)[0]} the first", len(idle), 0)
    if (others := _others_got_theirs(case)) is not None:
        held, left = others
        sentence = f"none of the {held} parameters in the optimiser ever got a gradient, and {left} others got theirs"
        return Reading("not found", f"{sentence}: these are not in the optimiser", held, 0)
    return None


def _others_got_theirs(case: Case) -> tuple[int, int] | None:
    seen = case.seen
    wanted = {name for name, param in case.start.model.named_parameters() if param.requires_grad}
    never, left = set(seen.no_gradient or ()), set(seen.not_in_optimizer or ())
    held = wanted - left
    if (seen.backwards or 0) < FEW or not held or not held <= never or not left - never:
        return None
    return len(held), len(left - never)


def never_reached(case: Case) -> int | None:
    """The backward passes, where none gave a parameter a gradient though the model was called for each, and none moved.

    None where one did, or where it could not be seen.
    """
    seen = case.seen
    before = dict(unwrapped(case.start.model).named_parameters())
    wanted = {name for name, param in before.items() if param.requires_grad}
    passes, calls = seen.backwards or 0, seen.forwards or 0
    if passes < FEW or not seen.steps or calls < passes or not wanted or not wanted <= set(seen.no_gradient or ()):
        return None
    return passes if _still(case, wanted) else None


def _still(case: Case, names: set[str]) -> list[str]:
    """The names, if all of these parameters are what they were at the start; else none."""
    before, after = (dict(unwrapped(each.model).named_parameters()) for each in (case.start, case.now))
    still = all(name in before and name in after and torch.equal(before[name], after[name]) for name in names)
    return sorted(names) if still else []
