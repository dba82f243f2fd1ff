"""One experiment with several values of one setting."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np
from tqdm.auto import tqdm

from lossbook.experiment import Experiment, History
from lossbook.paths import replace_at
from lossbook.progress import show_bar
from lossbook.sweeps.together import stack, train_together
from lossbook.train import run


class SweepError(RuntimeError):
    """Some runs of a sweep gave no history; ``finished`` holds the others: value -> history."""

    def __init__(self, message: str, finished: dict[Any, History]) -> None:
        super().__init__(message)
        self.finished = finished

    def __reduce__(self) -> tuple[Any, ...]:  # pickle hands over the message alone
        return type(self), (str(self), self.finished)


def sweep(
    experiment: Experiment, path: str, values: Iterable[Any], *, executor: Any = None, progress: bool | None = None
) -> list[History]:
    """Train ``experiment`` once with each of ``values`` at ``path``.

    Runs of a dense or a convolutional net without dropout, batch norm, penalty, clipping and augmentation, with a loss
    and a rule of lossbook's or a loss module of torch's, are trained as one computation, if ``path`` leads into the
    optimizer, to ``model.init``, to ``seed``, or to a setting that changes only the training targets;
    ``History.batched`` says so. All other runs are trained one by one.

    The results are those of single runs except for rounding: products of a batch of matrices may be added up in another
    order. A training at the edge of divergence amplifies this difference, like the difference between two processors,
    until it can be seen; in float64 this takes much longer than in float32.

    Args:
        experiment: what all runs share.
        path: the setting, as in :func:`lossbook.replace_at`: "optimizer.lr".
        values: one for each run; NumPy numbers become Python numbers.
        executor: trains the runs that cannot be batched, each as a task of its own: a ``concurrent.futures`` executor,
            Dask's ``Client``, or any object with ``submit(function, argument)``.
        progress: show a bar, as :func:`lossbook.run` does.

    Returns:
        One history for each value, in their order. For batched runs, ``History.seconds`` is the time of all together;
            Ctrl-C ends them early, with ``interrupted`` set; in a notebook it raises, as in :func:`lossbook.run`.

    Raises:
        ValueError, TypeError: no value; no such setting; a value that it cannot take. Nothing was trained then.
        SweepError: runs that were trained one by one failed, their worker died, or Ctrl-C was pressed. The message
            names their values; the other histories are in its ``finished``.

    >>> from lossbook import data, losses, models, optim
    >>> base = Experiment(
    ...     data.Digits(train_size=200), models.MLP(), losses.SoftmaxCrossEntropy(), optim.SGD(), steps=5, device="cpu"
    ... )
    >>> slow, fast = sweep(base, "optimizer.lr", [0.001, 0.1])
    >>> slow.reference_loss[-1] > fast.reference_loss[-1], slow.batched
    (True, True)
    """
    values = [value.item() if isinstance(value, np.generic) else value for value in values]
    if not values:
        raise ValueError("values must hold at least one value, got none.")
    experiments = [replace_at(experiment, path, value) for value in values]
    stacked = stack(experiments, path)
    if stacked is not None:
        return train_together(stacked, progress)
    return _singly(path, values, experiments, executor, progress)


def _singly(
    path: str, values: list[Any], experiments: list[Experiment], executor: Any, progress: bool | None
) -> list[History]:
    futures = [] if executor is None else [executor.submit(_quietly, experiment) for experiment in experiments]
    jobs: list[Callable[[], History]] = [future.result for future in futures] or [
        partial(_quietly, experiment) for experiment in experiments
    ]
    finished: dict[Any, History] = {}
    failed: dict[Any, Exception] = {}
    bar = tqdm(zip(values, jobs, strict=True), total=len(jobs), unit="run", disable=not show_bar(progress), leave=False)
    try:
        for value, job in bar:
            try:
                history = job()
            except Exception as error:  # the other runs go on
                failed[value] = error
                continue
            if history.interrupted:
                raise KeyboardInterrupt
            finished[value] = history
    except KeyboardInterrupt:
        for future in futures:
            future.cancel()
        raise SweepError(f"Interrupted at {path} = {value!r}; {_done(finished, values)}.", finished) from None
    if failed:
        died = ", ".join(f"{path} = {value!r} ({error!r})" for value, error in failed.items())
        raise SweepError(f"No history of {died}; {_done(finished, values)}.", finished) from next(iter(failed.values()))
    return [finished[value] for value in values]


def _quietly(experiment: Experiment) -> History:
    return run(experiment, progress=False)


def _done(finished: dict[Any, History], values: list[Any]) -> str:
    return f"finished has {len(finished)} of {len(values)} runs"
