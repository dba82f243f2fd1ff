"""Parameters that are in no optimiser although nobody has ever trained them: they are as they were drawn, or set."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from lossbook.evidence import Case, unwrapped
from lossbook.probes.at_length import as_long, told_at_length
from lossbook.probes.base import Reading
from lossbook.probes.fresh import LEAST, is_as_drawn
from lossbook.probes.left_out import lowest_cost, unseen_parts
from lossbook.probes.model_mends import all_parameters

LESS = 0.6  # of what unseen examples cost, if those parameters are trained; a trained body left out on purpose: 0.9
CONSTANTS = (0.0, 1.0)  # that biases and gains begin with


def untrained_at_length(case: Case, reading: Reading, left: list[str]) -> Reading:
    """The reading, found if what was left out is needed in as many steps as the training had, for unseen examples, too.

    Only where each of these parameters asks for a gradient and gets one, moves by nothing, and is as a new module has
    it: a body that somebody has trained, and left out on purpose, is not.
    """
    if not left or not all(_is_fed(case, name) for name in left) or not _is_untrained(case, left):
        return reading
    mended = all_parameters(case, frozen=False).case
    tried = told_at_length(case, reading, "the optimiser got them as well", mended.start)
    parts = unseen_parts(case) if tried.found else None
    if parts is None:
        return tried
    own, other = (lowest_cost(each, case, parts, as_long(case)) for each in (case, mended))
    sentence = f"{tried.sentence}; unseen examples cost {own:.3g} at best, and {other:.3g} with them"
    return replace(tried, outcome="found" if other < LESS * own else "not found", sentence=sentence)


def _is_fed(case: Case, name: str) -> bool:
    """Whether the parameter requires a gradient, got one in training, and is what it was at the start."""
    before, after = (dict(unwrapped(each.model).named_parameters()).get(name) for each in (case.start, case.now))
    if before is None or after is None or not before.requires_grad or case.seen.no_gradient is None:
        return False
    return name not in case.seen.no_gradient and torch.equal(before, after.to(before))


def _is_untrained(case: Case, left: list[str]) -> bool:
    """Whether each weight matrix is as its module draws it; where there are tables alone, whether biases are constants.

    A table that was trained for a while still looks as if it were drawn; weights with a bound do not.
    """
    model = unwrapped(case.start.model)
    matrices, vectors = list[bool](), list[bool]()
    for name in left:
        param, module = model.get_parameter(name), model.get_submodule(name.rpartition(".")[0])
        if param.shape[1:].numel() == 1 and param.numel() > 1:
            vectors.append(_is_constant(param))
        elif param.numel() >= LEAST and _has_bounds(module):
            matrices.append(is_as_drawn(param, module))
    return all(matrices) if matrices else bool(vectors) and all(vectors)


def _has_bounds(module: nn.Module) -> bool:
    draws = callable(getattr(module, "reset_parameters", None))
    return draws and not isinstance(module, nn.Embedding | nn.EmbeddingBag)


def _is_constant(param: Tensor) -> bool:
    return any(bool((param == number).all()) for number in CONSTANTS)
