"""A scenario's run as a case: what probes see is what a watch has seen, as of anybody's loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from lossbook import checks
from lossbook.devices import resolve_device
from lossbook.evidence import Batch, Case, Log, Series, watch
from lossbook.experiment import Experiment, History
from lossbook.learners import refuse_numpy
from lossbook.learners.feed import load
from lossbook.loop import regularized_loss
from lossbook.train import Step, prepare, run


def case_of(experiment: Experiment, *, batches_seen: int = 40, on_step: Callable[[], Any] = lambda: None) -> Case:
    """Run the experiment, and hold what a probe needs of it.

    Args:
        experiment: it is run once, from its start to its end.
        batches_seen: how many of its first batches are kept.
        on_step: called at each step of the run; what it raises ends it.

    Raises:
        ValueError: ``experiment.steps`` or ``batches_seen`` is 0: there is nothing to be seen.
        TypeError: ``experiment`` is none, or its model is NumPy's.
        KeyboardInterrupt: the run was stopped by Ctrl-C.
    """
    checks.has_fields(
        "experiment", experiment, ("data", "model", "loss", "optimizer", "steps"), "Experiment(...) gives"
    )
    checks.whole_number("steps", experiment.steps, 1)
    checks.whole_number("batches_seen", batches_seen, 1)
    refuse_numpy(experiment)
    return run_watched(experiment, batches_seen=batches_seen, on_step=on_step)[1]


def run_watched(
    experiment: Experiment, *, batches_seen: int = 40, on_step: Callable[[], Any] = lambda: None
) -> tuple[History, Case]:
    """The history of the run, and the case; arguments and errors as of :func:`case_of`."""
    experiment = replace(experiment, data=Loaded(experiment.data.load()))
    model, optimizer = prepare(experiment)
    told = list[Batch]()  # where the loop trains another model than the one that is watched
    with watch(model, optimizer, loss_fn=experiment.loss.value, max_batches=batches_seen) as watched:

        def look(step: Step) -> None:
            on_step()
            if step.number <= batches_seen:
                told.append(Batch.of(step.x, step.y))
            watched.step(step.loss, batch=(step.x, step.y))

        history = run(experiment, model=model, optimizer=optimizer, progress=False, on_step=look)
    if history.interrupted:
        raise KeyboardInterrupt
    dtype = getattr(torch, experiment.dtype)
    data = load(experiment, resolve_device(experiment.device), dtype)

    loss, penalty = experiment.loss, experiment.penalty  # the case holds these, and not all of the data

    def loss_of(model: nn.Module, batch: Batch) -> Tensor:
        return regularized_loss(loss, penalty, batch.output(model), batch.target, model.parameters())

    case = watched.case()
    return history, replace(
        case,
        batches=tuple(
            batch.map(lambda each: each.to(dtype) if each.is_floating_point() else each)
            for batch in max(case.batches, told, key=len)
        ),
        seen=replace(case.seen, in_data=-(-len(data["train_x"]) // experiment.batch_size)),
        held_out=Batch.of(data["val_x"], data["val_y"]),
        loss=experiment.loss.value,
        loss_of=loss_of,
        log=log_of(history),
        metric=experiment.metric,
        augment=experiment.augment,
        reference=experiment.reference,
        penalty=experiment.penalty,
        clipping=experiment.clipping,
    )


@dataclass(frozen=True)
class Loaded:
    """Data that are loaded once, for the run and for what is held out."""

    split: Any

    def load(self) -> Any:
        """The same arrays each time; a run copies them."""
        return self.split


def log_of(history: History) -> Log:
    """What a history holds, as the log of a case."""
    return Log(
        **{name: Series.of(getattr(history, name)) for name in ("loss", "lr", "grad_norm", "update_ratio")},
        **{name: Series(history.eval_step, getattr(history, name)) for name in ("val_loss", "metric")},
    )
