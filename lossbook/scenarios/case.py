"""A scenario's run as a case: what probes see is what a watch has seen, as of anybody's loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from lossbook import checks
from lossbook.devices import resolve_device
from lossbook.evidence import Batch, Case, Log, Seen, Series, Snapshot
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
    model, optimizer = prepare(experiment)
    start, kept, last = Snapshot(model, (optimizer,)).copy(), list[Batch](), list[Any]()

    def look(step: Step) -> None:
        on_step()
        if step.number <= batches_seen:
            kept.append(Batch.of(step.x, step.y))
        last[:] = [step.training]

    history = run(experiment, model=model, optimizer=optimizer, progress=False, on_step=look)
    if history.interrupted:
        raise KeyboardInterrupt

    def loss_of(model: nn.Module, batch: Batch) -> Tensor:
        output = batch.output(model)
        return regularized_loss(experiment.loss, experiment.penalty, output, batch.target, model.parameters())

    data = load(experiment, resolve_device(experiment.device), getattr(torch, experiment.dtype))
    return Case(
        start,
        Snapshot(last[0].model, (last[0].optimizer,)).copy(),
        tuple(kept),
        Batch.of(data["val_x"], data["val_y"]),
        experiment.loss.value,
        loss_of,
        log_of(history),
        Seen(),
        metric=experiment.metric,
        augment=experiment.augment,
        reference=experiment.reference,
        penalty=experiment.penalty,
        clipping=experiment.clipping,
    )


def log_of(history: History) -> Log:
    """What a history holds, as the log of a case."""
    return Log(
        **{name: Series.of(getattr(history, name)) for name in ("loss", "lr", "grad_norm", "update_ratio")},
        **{name: Series(history.eval_step, getattr(history, name)) for name in ("val_loss", "metric")},
    )
