"""Watch a training of your own, and ask what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

from torch import nn
from torch.optim import Optimizer

from lossbook import checks, evidence
from lossbook.diagnosis.budget import Budget
from lossbook.diagnosis.diagnose import curve_alone, diagnosed, progress_of
from lossbook.diagnosis.investigation import LEADING
from lossbook.diagnosis.report import Report
from lossbook.evidence import Case, Log
from lossbook.evidence.counted import ran_on
from lossbook.evidence.observe import MAX_BYTES
from lossbook.probes import PROBES

BUDGET = 60.0  #: seconds


def watch(
    model: nn.Module,
    optimizer: Optimizer | Sequence[Optimizer] | None = None,
    *,
    loss_fn: Callable[..., Any] | None = None,
    data: Any = None,
    scaler: Any = None,
    every: int = 1,
    max_bytes: int = MAX_BYTES,
    max_batches: int = 40,
) -> Watching:
    """A context manager in which your training runs as it is, number for number; then ``report()`` says what is wrong.

    The report makes experiments on copies of model and optimiser. What :func:`lossbook.evidence.watch` cannot see, this
    cannot.

    Args:
        model: what the loop calls. If that is compiled, or made distributed, give that one. Of several nets, such as
            an encoder and a decoder, give ``nn.ModuleList([one, other])``; copies of them are trained if one loss
            trains them all.
        optimizer: one, or several; those that are not given are met when they step.
        loss_fn: ``loss_fn(output, target)``, if the loop has one. A loss of torch is recognized without it.
        data: the ``DataLoader``, a list of batches, or a pair of tensors, the inputs and the targets of all examples,
            which tells how many there are. A loader or a list is read after the training, and
            only where the targets were not seen.
        scaler: the ``GradScaler``, if the loop has one.
        every: gradients are looked at in one of so many steps, at least 1.
        max_bytes: of the batches that are kept, on the CPU.
        max_batches: batches that are kept at most, the first ones.

    Raises:
        TypeError: a part of another kind.
        ValueError: a number outside its range.

    >>> import torch
    >>> x, y = torch.randn(40, 16, 3, generator=torch.Generator().manual_seed(0)), torch.zeros(40, 16, 1)
    >>> _ = torch.manual_seed(0)
    >>> net = torch.nn.Linear(3, 1)
    >>> optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    >>> with watch(net, optimizer) as watching:
    ...     for step in range(40):
    ...         loss = torch.nn.functional.mse_loss(net(x[step]), y[step])
    ...         loss.backward()
    ...         optimizer.step()
    ...         watching.step(loss)
    >>> report = watching.report(steps=400)
    >>> report.findings[0].cause, report.findings[0].fix
    ('missing-zero-grad', 'optimizer.zero_grad()  # in each step, before loss.backward()')
    """
    more = {"every": every, "max_bytes": max_bytes, "max_batches": max_batches}
    return Watching(evidence.watch(model, optimizer, loss_fn=loss_fn, data=data, scaler=scaler, **more))


class Watching:
    """See :func:`watch`, which makes one."""

    def __init__(self, seen: evidence.Watch) -> None:
        self._seen = seen
        self._ended: tuple[str, ...] = ()
        self._closed = False

    def __enter__(self) -> Watching:
        self._seen.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        self._seen.__exit__(kind, error, trace)
        if kind is not None:
            recorder = self._seen.recorder
            after = f" after {recorder.steps} steps" if recorder is not None else ""
            self._ended = (f"The training ended with {kind.__name__}{after}.",)

    def step(self, loss: Any = None, *, batch: Any = None, val_loss: Any = None, metric: Any = None) -> None:
        """Say what the loop alone knows; once a step, or now and then, or never.

        Args:
            loss: the number that you log, or its tensor.
            batch: (inputs, target) of the last forward pass.
            val_loss: on held-out examples.
            metric: the larger the better.
        """
        self._seen.step(loss, batch=batch, val_loss=val_loss, metric=metric)

    def case(self) -> Case:
        """The training as a probe sees it, once the watch is closed.

        Raises:
            RuntimeError: the watch is still open, or was never opened; or the model could not be copied.
        """
        return self._seen.case()

    def report(
        self,
        budget: float = BUDGET,
        *,
        seed: int | None = None,
        steps: int | None = None,
        progress: bool | None = None,
    ) -> Report:
        """What is wrong, from experiments on copies. Ctrl-C ends them, and what was seen until then is told.

        Args:
            budget: seconds of experiments; passed by one of them at most.
            seed: of the random numbers that they draw; by default 0.
            steps: of training in the experiments at most, in the place of ``budget``: the report then repeats.
            progress: whether to show a bar; by default in a terminal and in a live notebook.

        Raises:
            RuntimeError: the watch is still open, or was never opened.
            ValueError: a budget below 0; a seed or a number of steps that is none.
        """
        seed = 0 if seed is None else seed
        checks.seed("seed", seed)
        purse = Budget(budget, steps=steps)
        recorder = self._seen.recorder
        if recorder is None or not self._closed:
            raise RuntimeError("report() must come after the with block of watch(...), got a watch that is not closed.")
        try:
            case = self._seen.case()
        except RuntimeError as error:  # the model cannot be copied
            told = self._seen.told.loss
            log = Log(loss=told.series() if len(told) else ran_on(recorder))
            return curve_alone(log, (*self._ended, f"{error} Nothing can be tried."))
        with progress_of(len(PROBES) + 1 + LEADING, progress) as tick:
            return diagnosed(case, purse, seed=seed, notes=self._ended, tick=tick)
