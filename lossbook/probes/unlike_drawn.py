"""Weights that are many times as large or as small as the module's own draw, and the same training with that draw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from lossbook.copying import copied_model
from lossbook.evidence import Case, unwrapped
from lossbook.probes.at_length import as_long
from lossbook.probes.base import Mend, Reading, Trial
from lossbook.probes.confirming import can_be_trained
from lossbook.probes.step_size import ended_at
from lossbook.probes.trials import end, helps, trial_of
from lossbook.randomness import OwnGenerators

TIMES = (
    4.0  #: larger or smaller; other usual draws of a layer are up to 2.5 times torch's own, a transformer's tables less
)
CLEARLY = 0.5  # of the loss as it is, in as many steps as the training had
NOBODYS = 20.0  #: larger or smaller, as no usual draw is
MUCH = 0.1  # of the first loss, by which it must then be lower in the end
NO_FURTHER = 0.75  # of the fall with the usual draw
SPREAD = 0.01  # of the size of weights, below which they are one number: units that are alike are another cause
MATTERS = 0.02  # of the first loss with the usual draw, by which it must be lower


def unlike_its_draw(case: Case) -> Reading | None:
    """Weights of another size than their module draws, if the loss ends clearly lower with that draw; else None.

    What is zero is meant, as a last layer or the end of a branch; and of what was loaded, the trial says that it helps.
    A size that nobody chooses, of which a trial may need more steps than the training had, needs to help less.
    """
    if not can_be_trained(case) or not (odd := _odd(unwrapped(case.start.model))):
        return None
    name, times = max(odd.items(), key=lambda each: max(each[1], 1 / each[1]))
    trial = trial_of(case, redrawn(case, set(odd)))
    size = f"{times:.2g} times as large" if times > 1 else f"{1 / times:.2g} times as small"
    sentence = f"the weights of {name!r} are {size} as {_kind(case, name)} draws them"
    if not ends_lower(case, trial, at_all=max(times, 1 / times) > NOBODYS):
        return None
    return Reading("found", f"{sentence}; {ends(trial)}", times, TIMES, trial)


def one_number_throughout(case: Case) -> Reading | None:
    """Weights that are one number, not zero, in every layer, if the loss ends clearly lower with a draw; else None.

    Where units differ in what else they hold, as in a mask of dropout, they part in the end, and the training stands.
    """
    if not can_be_trained(case):
        return None
    every = {name: own for name, own, _ in _drawn(unwrapped(case.start.model), nn.Module)}
    if len(every) < 2 or not all(is_one_number(param) for own in every.values() for param in own):
        return None
    trial = trial_of(case, redrawn(case, set(every)))
    if not ends_lower(case, trial, at_all=True):
        return None
    sentence = f"the weights of each of {len(every)} layers are one number at the start; {ends(trial)}"
    return Reading("found", sentence, len(every), 0, trial)


def ends_lower(case: Case, trial: Trial, *, at_all: bool) -> bool:
    """Whether the loss ends clearly lower with other weights; or, ``at_all``, by a tenth, and falls much further.

    Where the training itself, which saw more examples, went on to a lower one, nothing stood in its way.
    """
    as_is, mended, first = end(trial.as_is), end(trial.mended), abs(trial.mended[0])
    if not helps(trial) or ended_at(case) <= mended:
        return False
    if as_is > 0 and mended < CLEARLY * as_is and as_is - mended > MATTERS * first:
        return True
    return at_all and as_is - mended > MUCH * first and first - as_is < NO_FURTHER * (first - mended)


def ends(trial: Trial) -> str:
    as_is, mended = end(trial.as_is), end(trial.mended)
    return f"after {len(trial.as_is)} steps the loss is {as_is:.3g}, and {mended:.3g} if {trial.change}"


def _kind(case: Case, name: str) -> str:
    return type(unwrapped(case.start.model).get_submodule(name)).__name__


def redrawn(case: Case, names: set[str]) -> Mend:
    """These modules as they draw themselves."""
    start = case.start.copy(shared=[])
    model: Any = unwrapped(start.model)
    with OwnGenerators(0), torch.no_grad():
        for name in sorted(names):
            model.get_submodule(name).reset_parameters()
    return Mend("those weights were drawn by their modules", replace(case, start=start), steps=as_long(case))


def _odd(model: nn.Module) -> dict[str, float]:
    """Name -> how many times as large its weights are, of the modules where these are ``TIMES`` larger or smaller."""
    found = dict[str, float]()
    for name, own, drawn in _drawn(model, nn.Embedding | nn.EmbeddingBag, without=True):
        sizes = [float(torch.stack([p.double().square().mean() for p in some]).mean().sqrt()) for some in (own, drawn)]
        if all(sizes) and not all(map(is_one_number, own)) and not 1 / TIMES < sizes[0] / sizes[1] < TIMES:
            found[name] = sizes[0] / sizes[1]
    return found


def is_one_number(param: Tensor) -> bool:
    """Whether all weights are alike, and none is zero."""
    size = float(param.double().square().mean().sqrt())
    return size > 0 and float(param.double().std(correction=0)) < SPREAD * size


def _drawn(model: nn.Module, kinds: Any, *, without: bool = False) -> Iterator[tuple[str, list[Tensor], list[Tensor]]]:
    """Name, weights and weights drawn anew of the modules of these kinds, or of other kinds, that draw their own."""
    for name, module in model.named_modules():
        if not callable(getattr(module, "reset_parameters", None)) or isinstance(module, kinds) == without:
            continue
        own = [param.detach() for param in module.parameters(recurse=False) if param.ndim > 1]
        if not own or not all(param.is_floating_point() for param in own):
            continue
        try:
            fresh: Any = copied_model(module, shared=[])
            with OwnGenerators(0), torch.no_grad():
                fresh.reset_parameters()
        except Exception:  # the reader's own module
            continue
        yield name, own, [param.detach() for param in fresh.parameters(recurse=False) if param.ndim > 1]
