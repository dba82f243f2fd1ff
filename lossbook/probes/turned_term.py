"""A term of the outputs alone, as a prior's divergence, that is added with the wrong sign, and falls without end."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from lossbook.evidence import Case
from lossbook.evidence.replay import output_of
from lossbook.evidence.retelling import Retold
from lossbook.evidence.structure import mapped
from lossbook.evidence.tape import Ref
from lossbook.probes.at_length import as_long
from lossbook.probes.base import Mend, Reading
from lossbook.probes.climbed import leading_to
from lossbook.probes.made_up import REFUSALS
from lossbook.probes.objective_mends import with_loss
from lossbook.probes.trials import end, helps, trial_of

#: how lines put terms together
ADDS = ("add", "add_", "__add__", "__radd__", "__iadd__", "sub", "sub_", "rsub", "__sub__", "__rsub__", "__isub__")
QUARTERS = 4
HUGE = 100.0  #: times the first loss, below which nothing is that has a lowest value
FASTER = 30.0  #: times that a term is lower of ten times the outputs: of a straight line 10, of squares 100
CLOSE = 1e-3  #: relative difference of slopes that are one
FIX = "kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum() / n  # a divergence, as any penalty, is never below 0"


def term_turned_round(case: Case) -> Reading | None:
    """Whether a term of outputs alone falls ever faster the larger they are, and the loss with it; else None.

    What is unbounded on purpose, as a critic's score, a logarithm of a density or a reward, falls in a straight line at
    most. With that term turned round, copies must make the loss lower, which then stays above 0.
    """
    loss, losses = case.loss, np.array(case.log.loss.values)
    if not isinstance(loss, Retold) or not case.batches or not _falls_without_end(losses):
        return None
    slopes = _falling(loss, output_of(case.start.model, case.batches[0]), case.batches[0].target)
    if not slopes:
        return None
    change = "the term of the outputs alone was turned round"
    trial = trial_of(case, Mend(change, with_loss(case, _turned(loss, slopes)), steps=as_long(case)))
    if not (helps(trial) and min(trial.mended) >= 0 and end(trial.mended) < trial.mended[0]):
        return None
    lowest = float(losses[np.isfinite(losses)].min())
    sentence = f"the loss has fallen from {losses[0]:.3g} to {lowest:.3g}, ever faster: it holds a term of the outputs"
    sentence = f"{sentence} alone, which has no lowest value; if {change}, copies end at {end(trial.mended):.3g}"
    return Reading("found", sentence, lowest, 0.0, trial, fix=FIX)


def _falls_without_end(losses: np.ndarray) -> bool:
    """Whether it is farther below 0 than it began above, and fell the faster, the longer it went; or is very far below.

    What grows until weights are too large to be moved any further falls no faster in the end.
    """
    bad = np.flatnonzero(~np.isfinite(losses))
    finite = losses[: bad[0]] if len(bad) else losses
    if len(finite) < 2 * QUARTERS or not finite[0] > 0:
        return False
    middles = [float(np.median(part)) for part in np.array_split(finite, QUARTERS)]
    falls = -np.diff(middles)
    return middles[-1] < -HUGE * finite[0] or bool(middles[-1] < -finite[0] and falls[-1] > falls[-2] > 0)


def _falling(loss: Retold, output: Any, target: Any) -> dict[int, float]:
    """Place of each such term -> its factor in the loss."""
    given = mapped(lambda each: each.detach().requires_grad_(each.is_floating_point()), output)
    with torch.enable_grad():
        total, results = loss.with_results(given, target)
        made = {place: next(iter(results[place]), None) for place in _of_outputs_alone(loss)}
        places = [place for place, term in made.items() if isinstance(term, Tensor) and term.requires_grad]
        terms = [results[place][0] for place in places]
        found = torch.autograd.grad(total, terms, allow_unused=True) if terms and total.requires_grad else ()
    slopes = {}
    for place, slope in zip(places, found, strict=True):
        if slope is not None and bool(((slope - slope.mean()).abs() <= CLOSE * slope.abs()).all()):
            slopes[place] = float(slope.mean())
    ten, hundred = (_terms(loss, slopes, output, target, scale) for scale in (10.0, 100.0))
    return {place: slope for place, slope in slopes.items() if ten[place] < 0 and hundred[place] < FASTER * ten[place]}


def _terms(loss: Retold, slopes: dict[int, float], output: Any, target: Any, scale: float) -> dict[int, float]:
    """What each term adds to the loss, if the outputs are so many times as large."""
    large = mapped(lambda each: scale * each if each.is_floating_point() else each, output)
    try:
        with torch.no_grad():
            results = loss.with_results(large, target)[1]
    except REFUSALS:
        return dict.fromkeys(slopes, 0.0)
    return {place: slope * float(results[place][0].sum()) for place, slope in slopes.items()}


def _of_outputs_alone(loss: Retold) -> list[int]:
    """The places of what hangs on outputs and not on the data, and is added to something that does."""
    alone = set[int]()
    for place, call in loss.calls.items():
        reached = leading_to(loss, call)
        if any(ref.kind == "output" for ref in reached) and not any(ref in loss.parts for ref in reached):
            alone.add(place)
    users = [call for place, call in loss.calls.items() if place not in alone]
    adds = [call for call in users if getattr(call.function, "__name__", "") in ADDS]
    return [place for place in sorted(alone) if any(Ref("result", place) in call.needs for call in adds)]


def _turned(loss: Retold, slopes: dict[int, float]) -> Any:
    def turned(output: Any, target: Any) -> Tensor:
        total, results = loss.with_results(output, target)
        return total - 2 * sum(slope * results[place][0].sum() for place, slope in slopes.items())

    return turned
