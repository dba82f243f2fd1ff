"""From what was written down to a case."""

from __future__ import annotations

import contextlib
import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from lossbook.evidence.case import Batch, Case, FirstBad, Log, Seen, Series
from lossbook.evidence.reading import read_batches
from lossbook.evidence.recipe import Recipe, found_recipe
from lossbook.evidence.stepping import held_by
from lossbook.evidence.window import Record, back

if TYPE_CHECKING:
    from lossbook.evidence.observe import Watch
    from lossbook.evidence.recorder import Recorder

MOST_LABELS = 1000  #: labels of one batch that are counted


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
    records, gaps = watch.keeper.records, list(watch.gaps)
    recipe = found_recipe(records, watch.loss_fn)
    batches = tuple(_batch(record, recipe) for record in records)
    known = recipe.target_of is not None
    if watch.data is not None and batches and (not known or not recipe.is_sure):
        read, problem = read_batches(watch.data, batches[0], watch.keeper.keep)
        batches, known = read or batches, known or bool(read)
        gaps += [problem] if problem else []
    gaps += [recipe.gap] if recipe.gap else []
    if recipe.loss is not None and not known:
        gaps.append("The targets were not seen: call step(loss, batch=(inputs, target)), or give data=.")
    held_out = watch.keeper.held_out
    return Case(
        start=watch.start,
        now=watch.now,
        batches=batches,
        held_out=_held_out(held_out, recipe, records) if held_out else None,
        loss=recipe.loss,
        loss_of=recipe.loss_of if known else None,
        log=_log(watch, recorder),
        seen=_seen(watch, recorder, batches, [*gaps, *_unseen(recorder)]),
    )


def _batch(record: Record, recipe: Recipe) -> Batch:
    target = recipe.target_of(record) if recipe.target_of is not None else None
    return Batch(back(record.inputs), back(record.kwargs), back(target))


def _held_out(record: Record, recipe: Recipe, records: list[Record]) -> Batch | None:
    """What was seen without gradients, with its target; None if it has none, or is one of the training batches."""
    if recipe.target_of is None:
        return None
    try:
        batch = _batch(record, recipe)
    except (AttributeError, IndexError, TypeError):  # its loss was called in another way
        if record.called is None:
            return None
        batch = Batch(back(record.inputs), back(record.kwargs), back(record.called.target))
    first = next(iter(records), None)
    if batch.target is None and first is not None and first.called is not None:
        return None
    return batch


def _log(watch: Watch, recorder: Recorder) -> Log:
    rates = [(step, rate[0]) for step, rate in enumerate(recorder.stepping.rates)]
    told = watch.told
    return Log(
        loss=(told.loss if len(told.loss) else recorder.numbers["ran_on"]).series(),
        lr=Series(tuple(step for step, _ in rates), tuple(float(rate) for _, rate in rates)),
        grad_norm=recorder.numbers["grad_norm"].series(),
        update_ratio=recorder.numbers["update_ratio"].series(),
        val_loss=told.val_loss.series(),
        metric=told.metric.series(),
    )


def _seen(watch: Watch, recorder: Recorder, batches: tuple[Batch, ...], gaps: list[str]) -> Seen:
    stepping, numbers = recorder.stepping, recorder.numbers
    count = recorder.counts | recorder.leftovers.counts
    forwards, backwards, steps = count["forwards"], count["backwards"], stepping.steps
    saw = {"forward": forwards + count["forwards_no_grad"] > 0, "backward": backwards > 0, "step": steps > 0}
    held = set().union(*map(held_by, stepping.current)) if stepping.current else None
    wanted = {name: param for name, param in recorder.parts.params.items() if param.requires_grad}
    ran_on, moved = numbers["ran_on"].series(), moves_unseen(recorder)
    told = watch.told.loss.values()
    scale = numbers["scale"].series()
    return Seen(
        steps=steps if steps or backwards else None,
        backwards=backwards if backwards or (forwards and not steps) else None,
        forwards=forwards if saw["forward"] else None,
        forwards_no_grad=count["forwards_no_grad"] if saw["forward"] else None,
        unused=count["unused"] if not moved and saw["backward"] and len(stepping.current) == 1 else None,
        skipped=sum(b < a for a, b in pairwise(scale.values)) if scale.values else None,
        train_mode=_share(count["trained"], count["followed"]) if backwards else _share(count["train"], forwards),
        train_mode_no_grad=_share(count["train_no_grad"], count["forwards_no_grad"]),
        autocast=recorder.autocast,
        model_changed=tuple(recorder.model_changed) if forwards else None,
        optimizer_changed=tuple(stepping.changed) if steps else None,
        state_lost=tuple(stepping.state_lost) if steps else None,
        weights_written=tuple(recorder.weights_written) if forwards and not moved else None,
        leftover=_share(count["leftover"], count["leftover_checked"]),
        cleared=_share(count["cleared"], len(numbers["norm_at_step"])) if saw["backward"] else None,
        no_gradient=tuple(name for name in recorder.never if name in wanted) if saw["backward"] else None,
        zero_share=numbers["zero_share"].series(),
        nonfinite_share=numbers["nonfinite_share"].series(),
        norm_at_step=numbers["norm_at_step"].series(),
        scale=scale,
        lrs=tuple(tuple(map(float, rates)) for rates in stepping.rates) or None,
        not_in_optimizer=None if held is None else tuple(name for name, p in wanted.items() if id(p) not in held),
        not_in_model=None if held is None else len(held - recorder.parts.ids),
        fingerprints=tuple(recorder.fingerprints.values()) if forwards else None,
        sizes=tuple(recorder.sizes) if forwards else None,
        input_scale=_scales(batches),
        label_counts=_labels(batches),
        in_data=_length(watch.data),
        ran_on=ran_on,
        told=tuple((ran_on.values[a], told[b]) for a, b in watch.told.pairs) if told and backwards else None,
        first_bad=(bad := _first_bad(recorder, ran_on)),
        finite=bad is None if saw["backward"] else None,
        gaps=tuple(gaps),
    )


def moves_unseen(recorder: Recorder) -> bool:
    """Something else than an optimiser's step that was seen trains the model."""
    return not recorder.steps and len(recorder.weights_written) > 1


def _share(part: int, whole: int) -> float | None:
    return min(part / whole, 1.0) if whole else None


def _length(data: Any) -> int | None:
    try:
        return len(data)
    except TypeError:  # none were given; or an iterator, or a loader of such a data set
        return None


def _scales(batches: tuple[Batch, ...]) -> tuple[tuple[float, float], ...] | None:
    if not batches or any(batch.x is None or not is_plain(batch.x) for batch in batches):
        return None
    values = [batch.x.detach().double() for batch in batches if batch.x is not None]
    return tuple((float(x.mean()), float(x.std(correction=0))) for x in values)


def is_plain(tensor: Tensor) -> bool:
    """It has numbers, in rows of the same length."""
    return tensor.layout is torch.strided and not tensor.is_nested and not tensor.is_meta


def _labels(batches: tuple[Batch, ...]) -> tuple[dict[int, int], ...] | None:
    targets = [batch.target for batch in batches]
    if not targets or not all(
        isinstance(y, Tensor) and is_plain(y) and not y.is_floating_point() and not y.is_complex() and y.numel()
        for y in targets
    ):
        return None
    found = []
    for target in targets:
        labels, counts = target.reshape(-1).unique(return_counts=True)
        if len(labels) > MOST_LABELS:
            return None
        found.append(dict(zip(labels.tolist(), counts.tolist(), strict=True)))
    return tuple(found)


def _first_bad(recorder: Recorder, ran_on: Series) -> FirstBad | None:
    trouble = recorder.trouble
    if trouble is not None:
        later = ran_on.values[trouble.losses :]
        args, kwargs, target = back(trouble.batch) if trouble.batch is not None else ((), {}, None)
        batch = Batch(args, kwargs, target) if trouble.batch is not None else None
        what, where, step, drawn = trouble[:4]
        if trouble.found_in is not None:
            with contextlib.suppress(Exception):  # the model's own code, on its own
                where = trouble.found_in()
        stayed = not any(map(math.isfinite, later)) and (bool(later) or what != "gradient")
        return FirstBad(what, where, step, batch, drawn, stayed, trouble.last_finite)
    for what, series in (("loss", ran_on), ("gradient", recorder.numbers["norm_at_step"].series())):
        bad = [place for place, value in enumerate(series.values) if not math.isfinite(value)]
        if bad:  # on a device: it is known only now
            step = series.steps[bad[0]]
            losses = [
                value for at, value in zip(*ran_on, strict=True) if at < step or (what == "gradient" and at == step)
            ]
            after = [value for at, value in zip(*ran_on, strict=True) if at > step]
            last = next((value for value in reversed(losses) if math.isfinite(value)), None)
            return FirstBad(what, None, step, None, None, not any(map(math.isfinite, after)), last)
    return None


def _unseen(recorder: Recorder) -> list[str]:
    """What was not seen, and why, as far as it is known."""
    count, steps = recorder.counts, recorder.stepping.steps
    found = []
    if not count["forwards"] + count["forwards_no_grad"]:
        found.append("No call of the model was seen: give the one that the loop calls, torch.compile's or DDP's.")
    if count["hidden"]:
        found.append("Some calls of the model were not looked at: another thread made them, or torch.func did.")
    if count["again"]:
        found.append(
            "Two losses of one pass were propagated back, one after the other: copies are trained on the first."
        )
    if not count["backwards"]:
        found.append("No backward pass was seen: only loss.backward() after a call of the model is.")
    if moves_unseen(recorder):
        found.append("The weights moved, and no step was seen: a compiled optimiser makes it, or lines of your own.")
    elif not steps:
        found.append("No step was seen of an optimiser of torch that holds parameters of the model.")
    return found
