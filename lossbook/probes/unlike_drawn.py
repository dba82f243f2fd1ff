"""Weights that are many times as large or as small as the module's own draw, and the same training with that draw."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import nn

from lossbook.copying import copied_model
from lossbook.evidence import Case, unwrapped
from lossbook.probes.at_length import as_long
from lossbook.probes.base import Mend, Reading
from lossbook.probes.confirming import can_be_trained
from lossbook.probes.trials import end, helps, trial_of
from lossbook.randomness import OwnGenerators

TIMES = (
    4.0  #: larger or smaller; other usual draws of a layer are up to 2.5 times torch's own, a transformer's tables less
)
CLEARLY = 0.5  # of the loss as it is, in as many steps as the training had
SPREAD = 0.01  # of the size of weights, below which they are one number: units that are alike are another cause
MATTERS = 0.02  # of the first loss with the usual draw, by which it must be lower


def unlike_its_draw(case: Case) -> Reading | None:
    """Weights of another size than their module draws, if the loss ends clearly lower with that draw; else None.

    What is zero is meant, as a last layer or the end of a branch; and of what was loaded, the trial says that it helps.
    """
    if not can_be_trained(case) or not (odd := _odd(unwrapped(case.start.model))):
        return None
    name, times = max(odd.items(), key=lambda each: max(each[1], 1 / each[1]))
    trial = trial_of(case, redrawn(case, set(odd)))
    as_is, mended = end(trial.as_is), end(trial.mended)
    matters = as_is - mended > MATTERS * abs(trial.mended[0])
    if not (as_is > 0 and mended < CLEARLY * as_is and matters and helps(trial)):
        return None
    size = f"{times:.2g} times as large" if times > 1 else f"{1 / times:.2g} times as small"
    sentence = (
        f"the weights of {name!r} are {size} as {type(unwrapped(case.start.model).get_submodule(name)).__name__} draws "
        f"them; after {len(trial.as_is)} steps the loss is {as_is:.3g}, and {mended:.3g} if {trial.change}"
    )
    return Reading("found", sentence, times, TIMES, trial)


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
    for name, module in model.named_modules():
        if not callable(getattr(module, "reset_parameters", None)) or isinstance(
            module, nn.Embedding | nn.EmbeddingBag
        ):
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
        drawn = [param.detach() for param in fresh.parameters(recurse=False) if param.ndim > 1]
        sizes = [float(torch.stack([p.double().square().mean() for p in some]).mean().sqrt()) for some in (own, drawn)]
        one_number = all(float(param.std(correction=0)) < SPREAD * sizes[0] for param in own)
        if all(sizes) and not one_number and not 1 / TIMES < sizes[0] / sizes[1] < TIMES:
            found[name] = sizes[0] / sizes[1]
    return found
