"""From what was written down to a case."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from lossbook.evidence.case import Batch, Case, Log, Series
from lossbook.evidence.clipped import done_to_gradients
from lossbook.evidence.counted import ran_on, seen_of, unseen
from lossbook.evidence.keeper import Record, back
from lossbook.evidence.one_output import of_a_dict, of_one_leaf, of_own_loss
from lossbook.evidence.only_tensor import of_the_only_tensor
from lossbook.evidence.own_penalty import with_own_penalty
from lossbook.evidence.own_steps import with_own_steps
from lossbook.evidence.reading import read_batches
from lossbook.evidence.recipe import First, Recipe, found_recipe
from lossbook.evidence.snapshot import Snapshot, unwrapped
from lossbook.evidence.stand_in import found_by_the_data
from lossbook.evidence.structure import tensors
from lossbook.evidence.unvaried import unvaried_batches

if TYPE_CHECKING:
    from lossbook.evidence.observe import Watch
    from lossbook.evidence.recorder import Recorder


IN_TURN = "The model is a container of nets that are trained in turn, each on a loss of its own: no copy is trained."


def conclude(watch: Watch) -> Case:
    """The case of a watch that is closed.

    Raises:
        RuntimeError: the model could not be copied.
    """
    recorder = watch.recorder
    if recorder is None or watch.start is None or watch.now is None:
        raise RuntimeError(f"model must be something that can be copied. {' '.join(watch.gaps)}")
    places = {param.device.type for param in recorder.parts.params.values()} - {"cpu", "meta"}
    if places and torch.accelerator.is_available():
        torch.accelerator.synchronize()  # the copies of batches have arrived
    unused = recorder.gradients.leftovers.unused if len(recorder.stepping.current) == 1 else 0
    records, gaps = _used(watch.keeper.records, recorder.steps if unused else 0), list(watch.gaps)
    accumulates = sum(recorder.mine) - unused > 1.5 * recorder.steps
    container, functional = recorder.chain.is_container, recorder.functional
    if functional.is_it:
        records = functional.records
    slope = next(iter(recorder.numbers["grad_norm"].series().values), None)
    if container and _in_turn(recorder):
        recipe = Recipe(None, None, None, IN_TURN)
    else:
        first = First(watch.start, slope, container)
        recipe = found_recipe(records, watch.loss_fn, accumulates=accumulates, first=first)
    records = [] if container and recipe.batch_of is None else records
    if recipe.several:
        records = [record for record in records if len(record.earlier) == len(records[0].earlier)]
    batches = tuple(batch for record in records if (batch := _batch_if_known(record, recipe)) is not None)
    by_the_data = None if batches else found_by_the_data(watch)
    recipe, batches = by_the_data or (recipe, batches)
    known = recipe.target_of is not None
    seen = batches
    if watch.data is not None and batches and (not known or not recipe.is_sure):
        read, problem = read_batches(watch.data, batches[0], watch.keeper.keep)
        batches, known = read or batches, known or bool(read)
        gaps += [problem] if problem else []
    gaps += [recipe.gap] if recipe.gap else []
    if recipe.loss is not None and not known:
        gaps.append("The targets were not seen: call step(loss, batch=(inputs, target)), or give data=.")
    held_out = watch.keeper.held_out if by_the_data is None else None
    rate = recorder.gradients.by_hand.rate
    start, now = _with_sgd(watch.start, rate), _with_sgd(watch.now, rate)
    if functional.is_it:
        start, now = with_own_steps(start, now, functional, recipe.loss_of if known else None, seen)
    case = Case(
        start=start,
        now=now,
        batches=batches,
        held_out=_held_out(held_out, recipe, records) if held_out else None,
        unvaried=unvaried_batches(watch.data, batches) if recipe.batch_of is None else (),
        loss=recipe.loss,
        loss_of=recipe.loss_of if known else None,
        log=_log(watch, recorder),
        seen=seen_of(watch, recorder, batches, recipe, [*gaps, *unseen(recorder)]),
    )
    case = replace(case, clipping=done_to_gradients(case.log.grad_norm, case.seen.norm_at_step))
    if recipe.target_of is None:
        return case
    if recipe.loss is None and recipe.batch_of is None and batches:
        return of_own_loss(case)
    case = of_one_leaf(of_a_dict(case) if batches else case)
    case = of_the_only_tensor(case, records[0].output) if batches and records else case
    seen = tuple(batch._replace(place=case.batches[0].place) for batch in seen) if case.batches else seen
    try:  # with the batches of the first steps, which go with their numbers
        return with_own_penalty(case, seen)
    except Exception:  # the reader's own code: what cannot be repeated has no penalty that is known
        return case


def _with_sgd(state: Snapshot, rate: float | None) -> Snapshot:
    """With the optimiser that does what the loop's own lines did, if that is known."""
    params = list(unwrapped(state.model).parameters())
    return state if rate is None or state.optimizers else Snapshot(state.model, (torch.optim.SGD(params, lr=rate),))


def _in_turn(recorder: Recorder) -> bool:
    """Several optimisers have a loss each."""
    count = len(recorder.stepping.current)
    return count > 1 and sum(recorder.mine) > 1.5 * recorder.steps / count


def _used(records: list[Record], steps: int) -> list[Record]:
    """Those whose gradients a step used, if there are: a critic gets gradients of the other net's loss as well."""
    used = [record for record in records if not record.is_unused]
    return used if steps and len(used) > 1 and len(used) < len(records) else records


def _batch_if_known(record: Record, recipe: Recipe) -> Batch | None:
    """None too where the loop has done other lines in this step than in the first ones."""
    try:
        return _batch(record, recipe)
    except (AttributeError, IndexError, TypeError):
        return None


def _batch(record: Record, recipe: Recipe) -> Batch | None:
    """None if it is not known how it was made."""
    if recipe.batch_of is not None:
        return recipe.batch_of(record)
    target = recipe.target_of(record) if recipe.target_of is not None else None
    if not recipe.several:
        return Batch(back(record.inputs), back(record.kwargs), back(target))
    calls = tuple((back(each.inputs), back(each.kwargs)) for each in (*record.earlier, record))
    return Batch(calls, {}, back(target), calls=len(calls))


def _held_out(record: Record, recipe: Recipe, records: list[Record]) -> Batch | None:
    """What was seen without gradients, with its target; None if it has none, or is one of the training batches."""
    if recipe.target_of is None or recipe.several or recipe.batch_of is not None:
        return None
    batch = _batch_if_known(record, recipe)
    if batch is None:  # its loss was called in another way
        if record.called is None:
            return None
        batch = Batch(back(record.inputs), back(record.kwargs), back(record.called.target))
    first = next(iter(records), None)
    if first is None:
        return batch
    if batch.target is None and first.called is not None:
        return None
    other = _batch_if_known(first, recipe)
    is_alike = other is not None and _rows(batch) == _rows(other)
    return batch if is_alike else None  # or the loop takes a part of them


def _rows(batch: Batch) -> list[bool]:
    """Of each tensor of the target, whether it has one row for each example."""
    return [each.ndim > 0 and len(each) == batch.size for each in tensors(batch.target)]


def _log(watch: Watch, recorder: Recorder) -> Log:
    rates = [(step, rate[0]) for step, rate in enumerate(recorder.stepping.rates)]
    told = watch.told
    return Log(
        loss=told.loss.series() if len(told.loss) else ran_on(recorder),
        lr=Series(tuple(step for step, _ in rates), tuple(float(rate) for _, rate in rates)),
        grad_norm=recorder.numbers["grad_norm"].series(),
        update_ratio=recorder.numbers["update_ratio"].series(),
        val_loss=told.val_loss.series(),
        metric=told.metric.series(),
    )
