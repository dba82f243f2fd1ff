"""From a case to a report: judge the curve, make the experiments, rank what was found."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import torch
from torch import Tensor

from lossbook.diagnosis.asking import questions
from lossbook.diagnosis.budget import Budget
from lossbook.diagnosis.curve import symptom_in
from lossbook.diagnosis.fidelity import replayable
from lossbook.diagnosis.finding import Finding
from lossbook.diagnosis.investigation import Investigation, failed
from lossbook.diagnosis.one_batch import checks_of
from lossbook.diagnosis.plain_lines import what_the_loop_does
from lossbook.diagnosis.ranking import Ranked
from lossbook.diagnosis.report import Check, NotTested, Report
from lossbook.diagnosis.stuck import beside_the_mend
from lossbook.evidence import Case, Log
from lossbook.evidence.replay import train
from lossbook.evidence.surroundings import draws_kept
from lossbook.probes import PROBES, Probe
from lossbook.probes.without_steps import nothing_moved
from lossbook.symptoms import Verdict

ILL = ("non-finite",)  # symptoms of which one is enough: others are shown by sound trainings, too
STUCK = ("high-flat", "oscillating", "diverging")  # where nothing was found, a few examples are tried
BEFORE = ("What only the loop shows was not looked at. Watch it: with lossbook.watch(model, optimizer).",)
MOST_BACK = 60  # steps for which a copy is trained up to where the numbers were still finite


def diagnosed(
    case: Case,
    budget: Budget,
    *,
    seed: int = 0,
    notes: tuple[str, ...] = (),
    checks: tuple[Check, ...] = (),
    probes: Mapping[str, Probe] = PROBES,
    tick: Callable[[str], object] = lambda what: None,
) -> Report:
    """Make the experiments on copies, and say what they show. The case and every global generator stay as they are.

    Args:
        case: the training.
        budget: of the experiments.
        seed: of the random numbers that trials draw.
        notes: what is known besides.
        checks: those of a check-up, if the training has not begun.
        probes: cause -> its test.
        tick: called before each experiment, with what it is about.
    """
    symptom, more = (None, ()) if checks else _symptom(case.log)
    nothing_to_train = _nothing_to_train(case) or _stood_still(case, symptom)
    notes = (*notes, *nothing_to_train, *case.seen.gaps, *more)
    with undisturbed():
        looked_at, unknown = replayable(case)
        looked_at, back = _while_finite(looked_at, budget, seed)
        work = Investigation(looked_at, symptom.code if symptom else "", budget, seed, probes, tick)
        work.run()
        findings = _accused(work.ranked())
        loop = work.loop.trial if work.loop is not None and work.loop.found else None
        can_learn = bool(looked_at.batches) and looked_at.loss_of is not None and not checks
        if can_learn and not findings and loop is None and symptom is not None and symptom.code in STUCK:
            checks = tuple(checks_of(looked_at, budget=budget, names=("a few examples are learned",)))
        if symptom is not None and (findings or loop is not None):
            symptom = beside_the_mend(symptom, case.log, (*(each.trial for each in findings), loop))
        if symptom is not None and findings and symptom.code == "healthy":
            symptom = beside_the_mend(symptom, case.log, [work.at_length(findings[0].cause)])
    tested = bool(work.readings) and bool(case.log.loss.values or case.batches)
    wrong = [bool(findings), loop is not None, bool(nothing_to_train), symptom is not None and symptom.code in ILL]
    ill = any(wrong) or any(check.passed is False for check in checks)
    return Report(
        symptom,
        healthy=tested and not ill,
        findings=findings,
        not_tested=tuple(NotTested(what, why) for what, why in work.left_out.items()),
        ask=()
        if symptom is None and checks
        else questions(case, symptom.code if symptom else "too-short", found=bool(findings) or loop is not None),
        loop=loop,
        notes=tuple(dict.fromkeys((*notes, *unknown, *back, *(what_the_loop_does(case) if loop is not None else ())))),
        checks=checks,
        curve=case.log.loss,
        readings=tuple(work.readings.items()),
        seconds=budget.spent,
        steps=budget.steps,
        timeline=tuple(work.timeline),
    )


@contextmanager
def undisturbed() -> Iterator[None]:
    """A context for experiments: they draw from nobody's generators, and what the training warns of is not repeated."""
    with draws_kept(), torch.inference_mode(False), torch.enable_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _accused(ranked: list[Ranked]) -> tuple[Finding, ...]:
    """What is sure enough to be named, and what follows from it."""
    roots = {place.suspicion.cause for place in ranked if place.suspicion.accuses and place.follows is None}
    return tuple(Finding.of(place) for place in ranked if (place.follows or place.suspicion.cause) in roots)


def curve_alone(log: Log, notes: tuple[str, ...]) -> Report:
    """The report where nothing can be tried."""
    symptom, more = _symptom(log)
    return Report(symptom, healthy=False, notes=(*notes, *more), curve=log.loss)


def _nothing_to_train(case: Case) -> tuple[str, ...]:
    params = list(case.start.model.parameters())
    if not params:
        return ("The model has no parameters: there is nothing to train.",)
    if not any(param.requires_grad for param in params):
        return ("Every parameter of the model is frozen: there is nothing to train.",)
    return ()


def _stood_still(case: Case, symptom: Verdict | None) -> tuple[str, ...]:
    """Whether no parameter has another value than at the start, though some were to be trained."""
    if symptom is None or symptom.code == "too-short" or not nothing_moved(case):
        return ()
    return (f"No parameter of the model has moved, in {case.seen.backwards} backward passes: nothing is trained.",)


def _symptom(log: Log) -> tuple[Verdict | None, tuple[str, ...]]:
    if not log.loss.values:
        return None, ("No loss was seen: call watch.step(loss), or let backward() run within the with block.",)
    try:
        return symptom_in(log), ()
    except Exception as error:
        return None, (f"The curve could not be judged: {failed(error)}.",)


def _while_finite(case: Case, budget: Budget, seed: int) -> tuple[Case, tuple[str, ...]]:
    """The case with weights that are finite at the end: those of a copy that was trained up to shortly before.

    Of weights that are not finite nothing can be told.
    """
    if all(bool(torch.isfinite(each).all()) for each in _numbers(case.now.model)):
        return case, ()
    bad = case.seen.first_bad
    steps = min(max((bad.step if bad else 1) - 1, 0), MOST_BACK)
    now, which = case.start, "those of the start were"
    if case.loss_of is not None and case.batches and budget.allows(steps) and steps:
        try:
            with budget.charged():
                copy, losses = train(case, case.start, steps, seed=seed)
            if all(map(math.isfinite, losses)) and all(
                bool(torch.isfinite(each).all()) for each in _numbers(copy.model)
            ):
                now, which = copy, f"a copy, {steps} steps after the start, was"
        except Exception:  # what could not be trained is not looked at
            now = case.start
    note = f"The weights at the end are not finite; {which} looked at."
    return replace(case, now=now), (note, *_first_bad(case))


def _first_bad(case: Case) -> tuple[str, ...]:
    bad = case.seen.first_bad
    if bad is None:
        return ()
    where = f" of {bad.where!r}" if bad.where else ""
    last = "" if bad.last_finite is None else f" The last finite loss was {bad.last_finite:.4g}."
    batch = "" if bad.drawn is None else f", batch {bad.drawn}"
    stayed = "It stayed so." if bad.stayed else "Later losses were finite again."
    return (f"The first number that was not finite: the {bad.what}{where}, at step {bad.step}{batch}. {stayed}{last}",)


def _numbers(model: torch.nn.Module) -> Iterator[Tensor]:
    yield from (param.detach() for param in model.parameters() if param.is_floating_point())


@contextmanager
def progress_of(total: int, progress: bool | None) -> Iterator[Callable[[str], object]]:
    """A bar that goes on by one at each experiment, and says which it is; yields what moves it."""
    from tqdm.auto import tqdm

    from lossbook.progress import ended_well, show_bar

    with tqdm(total=total, unit="test", disable=not show_bar(progress), leave=False) as bar:

        def tick(what: str) -> None:
            bar.set_postfix_str(what, refresh=False)
            bar.update()

        yield tick
        ended_well(bar)  # not every experiment was needed
