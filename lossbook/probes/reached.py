"""Whether any backward pass of a training reached the model."""

from __future__ import annotations

import torch

from lossbook.evidence import Case, unwrapped

FEW = 10  # backward passes, after which a parameter must have got a gradient


def never_reached(case: Case) -> int | None:
    """The backward passes, where none gave a parameter a gradient though the model was called for each, and none moved.

    None where one did, or where it could not be seen.
    """
    seen = case.seen
    before, after = (dict(unwrapped(each.model).named_parameters()) for each in (case.start, case.now))
    wanted = {name for name, param in before.items() if param.requires_grad}
    passes, calls = seen.backwards or 0, seen.forwards or 0
    if passes < FEW or not seen.steps or calls < passes or not wanted or not wanted <= set(seen.no_gradient or ()):
        return None
    still = all(name in after and torch.equal(before[name], after[name]) for name in wanted)
    return passes if still else None
