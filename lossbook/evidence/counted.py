"""What a case counts in a loop, and what could not be counted."""

from __future__ import annotations

import contextlib
import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.utils.data import Dataset

from lossbook.evidence.case import Batch, FirstBad, Seen, Series
from lossbook.evidence.idle import idle_parameters
from lossbook.evidence.keeper import back
from lossbook.evidence.looks import fingerprint
from lossbook.evidence.stepping import held_by
from lossbook.evidence.stored import written_by_reading
from lossbook.evidence.structure import leaves, tensors
from lossbook.evidence.untrained_terms import passed_over

if TYPE_CHECKING:
    from lossbook.evidence.observe import Watch
    from lossbook.evidence.recipe import Recipe
    from lossbook.evidence.recorder import Recorder

MOST_LABELS = 1000  #: labels of one batch that are counted
OWN_LINES = "The loop asks for gradients and moves the weights by lines of its own: what it does between is not seen."
SEVERAL = 5  #: batches of a list, from which on they are an epoch that was written down several times


def seen_of(watch: Watch, recorder: Recorder, batches: tuple[Batch, ...], recipe: Recipe, gaps: list[str]) -> Seen:
    """What only the loop shows, once it is over.

    Args:
        watch: that is closed.
        recorder: its own.
        batches: those that the case holds.
        recipe: of its loss.
        gaps: what could not be seen.
    """
    stepping, numbers = recorder.stepping, recorder.numbers
    count, leftovers = recorder.counts, recorder.gradients.leftovers
    forwards, backwards, steps = count["forwards"], sum(recorder.mine), stepping.steps
    saw = {"forward": forwards + count["forwards_no_grad"] > 0, "backward": backwards > 0, "step": steps > 0}
    held = set().union(*map(held_by, stepping.current)) if stepping.current else None
    wanted = {name: param for name, param in recorder.parts.params.items() if param.requires_grad}
    functional, moved = recorder.functional.is_it, moves_unseen(recorder)
    every = ran_on(recorder) if functional else numbers["ran_on"].series()
    told, pairs = watch.told.loss.values(), [pair for pair in watch.told.pairs if recorder.mine[pair[0]]]
    scale = numbers["scale"].series()
    return Seen(
        steps=steps if steps or backwards else None,
        backwards=backwards if backwards or (forwards and not steps and not functional) else None,
        forwards=forwards if saw["forward"] else None,
        forwards_no_grad=count["forwards_no_grad"] if saw["forward"] else None,
        unused=leftovers.unused if not moved and saw["backward"] and len(stepping.current) == 1 else None,
        skipped=sum(b < a for a, b in pairwise(scale.values)) if scale.values else None,
        train_mode=_share(count["trained"], count["followed"]) if backwards else _share(count["train"], forwards),
        train_mode_no_grad=_share(count["train_no_grad"], count["forwards_no_grad"]),
        asked_again=max(stepping.asides.asked.values(), default=None),
        autocast=recorder.autocast,
        model_changed=_changed(recorder, held or set()) if forwards else None,
        optimizer_changed=tuple(stepping.changed) if steps else None,
        state_lost=tuple(stepping.state_lost) if steps else None,
        weights_written=tuple(recorder.written.steps) if forwards and not moved else None,
        set_back=tuple(recorder.written.set_back) if forwards and not moved else None,
        returned=recorder.written.returns() if forwards and not moved else None,
        drawn_anew=tuple(stepping.asides.drawn) if forwards and steps else None,
        exchanged=tuple(stepping.asides.exchanged) if forwards and steps else None,
        rewritten=stepping.asides.written if forwards and steps else None,
        leftover=leftovers.share if steps else recorder.gradients.by_hand.share,
        cleared=_share(count["cleared"], len(numbers["norm_at_step"])) if saw["backward"] else None,
        no_gradient=tuple(name for name in recorder.gradients.never if name in wanted) if saw["backward"] else None,
        idle=idle_parameters(recorder) if saw["backward"] else None,
        zero_share=numbers["zero_share"].series(),
        nonfinite_share=numbers["nonfinite_share"].series(),
        norm_at_step=numbers["norm_at_step"].series(),
        scale=scale,
        lrs=tuple(tuple(map(float, rates)) for rates in stepping.rates) or None,
        not_in_optimizer=None if held is None else tuple(name for name, p in wanted.items() if id(p) not in held),
        not_in_model=None if held is None else len(held - recorder.parts.ids.keys()),
        fingerprints=tuple(recorder.fingerprints.values()) if forwards else None,
        sizes=tuple(recorder.sizes) if forwards else None,
        input_scale=_scales(batches),
        label_counts=_labels(batches),
        later_targets=watch.keeper.later.means.series(),
        in_data=_length(watch.data, batches),
        data_written=written_by_reading(watch.data),
        list_written=recorder.entered.share(),
        ran_on=ran_on(recorder),
        ran_on_share=recipe.factor if recipe.is_sure else None,
        whole_loss=recipe.is_sure if recipe.loss is not None and recipe.target_of is not None else None,
        passed_over=passed_over(watch.keeper.records),
        told=tuple((every.values[a], told[b]) for a, b in pairs) if told and backwards else None,
        first_bad=(bad := _first_bad(recorder, every)),
        finite=bad is None if saw["backward"] else None,
        gaps=tuple(gaps),
    )


def _changed(recorder: Recorder, held: set[int]) -> tuple[int, ...]:
    """The steps before which a part was another; not those at which a model only grew by what is trained then."""
    return tuple(step for step, added in recorder.model_changed if not added & held)


def ran_on(recorder: Recorder) -> Series:
    """What ``backward()`` ran on, of the passes that were the model's."""
    if recorder.functional.is_it:
        return recorder.functional.losses.series()
    steps, values = recorder.numbers["ran_on"].series()
    mine = [i for i, is_mine in enumerate(recorder.mine) if is_mine]
    return Series(tuple(steps[i] for i in mine), tuple(values[i] for i in mine))


def moves_unseen(recorder: Recorder) -> bool:
    """Something else than an optimiser's step that was seen trains the model."""
    return not recorder.steps and len(recorder.written.steps) > 1


def _share(part: int, whole: int) -> float | None:
    return min(part / whole, 1.0) if whole else None


def _length(data: Any, batches: tuple[Batch, ...]) -> int | None:
    """Batches; of a list that holds the batches of several epochs, those that differ.

    A tensor or a data set holds examples, of which the loop makes batches itself, unless each row is a whole batch. So
    does a pair of tensors, inputs and targets of all examples.
    """
    if _are_columns(data, batches):
        data = data[0]
    if isinstance(data, (Tensor, Dataset)):
        if not batches or not batches[0].size:
            return None
        size = batches[0].size
        if isinstance(data, Tensor) and data.ndim and any(each.shape == data.shape[1:] for each in tensors(batches[0])):
            size = 1
        try:
            return math.ceil(len(data) / size)  # type: ignore[arg-type]
        except TypeError:
            return None
    if isinstance(data, (list, tuple)):
        marks = [float(fingerprint(leaves(batch))) for batch in data]  # NaN: nothing is known of it
        different = len({mark for mark in marks if mark == mark}) + sum(mark != mark for mark in marks)
        return different if different >= SEVERAL else len(data)
    try:
        return len(data)
    except TypeError:  # none were given; or an iterator, or a loader of such a data set
        return None


def _are_columns(data: Any, batches: tuple[Batch, ...]) -> bool:
    """Whether these are the inputs of all examples, their targets, and what else there is of each; and no batches."""
    if not isinstance(data, (list, tuple)) or len(data) < 2 or not all(isinstance(each, Tensor) for each in data):
        return False
    if not batches or any(not each.ndim or len(each) != len(data[0]) for each in data):
        return False
    return len(data[0]) > batches[0].size and any(each.shape[1:] == data[0].shape[1:] for each in tensors(batches[0]))


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


def _first_bad(recorder: Recorder, every: Series) -> FirstBad | None:
    trouble = recorder.trouble
    if trouble is not None:
        later = every.values[trouble.losses :]
        args, kwargs, target = back(trouble.batch) if trouble.batch is not None else ((), {}, None)
        batch = Batch(args, kwargs, target) if trouble.batch is not None else None
        what, where, step, drawn = trouble[:4]
        if trouble.found_in is not None:
            with contextlib.suppress(Exception):  # the model's own code, on its own
                where = trouble.found_in()
        stayed = not any(map(math.isfinite, later)) and (bool(later) or what != "gradient")
        return FirstBad(what, where, step, batch, drawn, stayed, trouble.last_finite, trouble.operation)
    for what, series in (("loss", every), ("gradient", recorder.numbers["norm_at_step"].series())):
        bad = [place for place, value in enumerate(series.values) if not math.isfinite(value)]
        if bad:  # on a device: it is known only now
            step = series.steps[bad[0]]
            losses = [
                value for at, value in zip(*every, strict=True) if at < step or (what == "gradient" and at == step)
            ]
            after = [value for at, value in zip(*every, strict=True) if at > step]
            last = next((value for value in reversed(losses) if math.isfinite(value)), None)
            return FirstBad(what, None, step, None, None, not any(map(math.isfinite, after)), last)
    return None


def unseen(recorder: Recorder) -> list[str]:
    """What was not seen, and why, as far as it is known."""
    count, steps = recorder.counts, recorder.stepping.steps
    found = []
    if recorder.functional.is_it:
        return [] if steps else [OWN_LINES]
    if not count["forwards"] + count["forwards_no_grad"]:
        found.append("No call of the model was seen: give the one that the loop calls, torch.compile's or DDP's.")
    if count["hidden"]:
        found.append("Some calls of the model were not looked at: another thread made them, or torch.func did.")
    if count["again"]:
        found.append(
            "Two losses of one pass were propagated back, one after the other: copies are trained on the first."
        )
    if count["lent"]:
        found.append("The model was called with weights that are not its own: these batches are not kept.")
    if recorder.reached and not all(recorder.mine):
        found.append(
            "Some backward passes reached no parameter of the model: they are another net's, and are not counted."
        )
    if count["elsewhere"] > 2 * recorder.most_elsewhere + 2:
        found.append("The model was not called any more, and other optimizers stepped: the loop trains another model.")
    if not recorder.mine:
        found.append("No backward pass was seen: only loss.backward() after a call of the model is.")
    if moves_unseen(recorder):
        found.append("The weights moved, and no step was seen: a compiled optimiser makes it, or lines of your own.")
    elif not steps:
        found.append("No step was seen of an optimiser of torch that holds parameters of the model.")
    return found
