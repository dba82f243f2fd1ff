"""Watch a reader's own loop, which stays as it is and gives the same numbers bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from lossbook import checks
from lossbook.copying import copied_onto
from lossbook.evidence.case import Case
from lossbook.evidence.conclusion import conclude
from lossbook.evidence.keeper import Keeper
from lossbook.evidence.listening import Listener
from lossbook.evidence.recorder import Recorder
from lossbook.evidence.snapshot import Snapshot, unwrapped
from lossbook.evidence.surroundings import draws_kept
from lossbook.evidence.told import Told

MAX_BYTES = 1 << 28  #: 256 MiB


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
) -> Watch:
    """A context manager in which a training is watched, by whatever loop it is done. It changes no number of it.

    It cannot see weights that are written through ``param.data``, nor what another thread does than the one that opens
    it. ``torch.jit.script`` refuses a model while it is watched. All that the model holds is copied twice: keep the
    data outside of it.

    Args:
        model: what the loop calls. If that is compiled, or made distributed, give that one. Of several nets, such as
            an encoder and a decoder, give ``nn.ModuleList([one, other])``; copies of them are trained if one loss
            trains them all.
        optimizer: one, or several; those that are not given are met when they step.
        loss_fn: ``loss_fn(output, target)``, if the loop has one. A loss of torch is recognized without it.
        data: the ``DataLoader``, a list of batches, or a pair of tensors, the inputs and the targets of all examples,
            which tells how many there are. A loader or a list is read after the training, and
            only where the targets were not seen; else some examples of a copy of its data set, to see whether this
            writes into what is stored, and what they are without what is drawn at random.
        scaler: the ``GradScaler``, if the loop has one.
        every: gradients are looked at in one of so many steps, at least 1.
        max_bytes: of the batches that are kept, on the CPU.
        max_batches: batches that are kept at most, the first ones.

    Raises:
        TypeError: a part of another kind.
        ValueError: a number outside its range.

    >>> import torch
    >>> x, y = torch.ones(4, 3), torch.zeros(4, 1)
    >>> net = nn.Linear(3, 1)
    >>> optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    >>> with watch(net, optimizer) as seen:
    ...     for _ in range(5):
    ...         loss = nn.functional.mse_loss(net(x), y)
    ...         loss.backward()
    ...         optimizer.step()
    >>> seen.case().seen.leftover  # zero_grad() is missing
    1.0
    """
    optimizers = (optimizer,) if isinstance(optimizer, Optimizer) else tuple(optimizer or ())
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch module, got {type(model).__name__}.")
    if isinstance(model, torch.jit.ScriptModule):
        raise TypeError("model must be written in Python, got one of torch.jit: watch the model that it was made of.")
    if wrong := [each for each in optimizers if not isinstance(each, Optimizer)]:
        raise TypeError(f"optimizer must be one of torch.optim, or several, got {type(wrong[0]).__name__}.")
    if loss_fn is not None and (isinstance(loss_fn, type) or not callable(loss_fn)):
        raise TypeError(f"loss_fn must be a function of (output, target), got {loss_fn!r}.")
    if scaler is not None and not hasattr(scaler, "_scale"):
        raise TypeError(f"scaler must be a torch.amp.GradScaler, got {type(scaler).__name__}.")
    checks.whole_number("every", every, 1)
    checks.whole_number("max_bytes", max_bytes, 0)
    checks.whole_number("max_batches", max_batches, 0)
    return Watch(
        model,
        optimizers,
        loss_fn=loss_fn,
        data=data,
        scaler=scaler,
        every=every,
        max_bytes=max_bytes,
        max_batches=max_batches,
    )


class Watch:
    """See :func:`watch`, which makes one."""

    def __init__(
        self,
        model: nn.Module,
        optimizers: tuple[Optimizer, ...],
        *,
        loss_fn: Callable[..., Any] | None,
        data: Any,
        scaler: Any,
        every: int,
        max_bytes: int,
        max_batches: int,
    ) -> None:
        self.loss_fn, self.data = loss_fn, data
        self.scaler = scaler
        self._model, self._given, self._every = model, optimizers, every
        self.keeper = Keeper(max_batches, max_bytes, may_skip=scaler is not None)
        self.told = Told()
        self.gaps: list[str] = []
        self.recorder: Recorder | None = None
        self.start: Snapshot | None = None
        self.now: Snapshot | None = None
        self._listener: Listener | None = None
        self._case: Case | None = None
        self._twins: dict[int, Any] = {}  # id of a parameter -> its copy in the snapshot of the start

    def __enter__(self) -> Watch:
        if self.recorder is not None:
            raise RuntimeError("watch must be opened once; make another one with watch(...).")
        self.start = self._copied(Snapshot(self._model, self._given), "at the start")
        self._twins = dict(self._pairs())
        first = {} if self.start is None else dict(unwrapped(self.start.model).named_parameters())
        self.recorder = Recorder(self._model, self._given, self.scaler, self._every, self.keeper, first, self.data)
        self._listener = Listener(self.recorder, self.loss_fn, self._meets, self.gaps)
        return self

    def __exit__(self, *error: Any) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.end()
            now = Snapshot(self._model, tuple(listener.recorder.stepping.current))
            try:
                self.now = self._copied(now, "at the end")
            except BaseException:  # Ctrl-C
                if error[0] is None:
                    raise
                self.gaps.append("The model at the end could not be copied: it was interrupted.")
            if self.now is None and self.start is not None:
                self.now = self.start
                self.gaps.append("What is tried on a copy of the model at the end is tried on that of the start.")

    def step(self, loss: Any = None, *, batch: Any = None, val_loss: Any = None, metric: Any = None) -> None:
        """Say what the loop alone knows; once a step, or now and then, or never.

        Args:
            loss: the number that the reader logs, or its tensor.
            batch: (inputs, target) of the last forward pass; or a :class:`lossbook.evidence.Batch`.
            val_loss: on held-out examples.
            metric: the larger the better.
        """
        if self._listener is not None:
            self._listener.guarded(self.told.note, self._listener.recorder, loss, batch, val_loss, metric)

    def case(self) -> Case:
        """The training as a probe sees it, once the watch is closed.

        Raises:
            RuntimeError: the watch is still open, or was never opened.
        """
        if self.recorder is None or self._listener is not None:
            raise RuntimeError("case() must come after the with block of watch(...), got a watch that is not closed.")
        self._case = self._case or conclude(self)
        return self._case

    def _meets(self, optimizer: Optimizer, place: int) -> None:
        """An optimiser that was not given joins the snapshot of the start, before its first step."""
        if self.start is not None:
            copy, others = copied_onto(self._twins, optimizer), self.start.optimizers
            self.start = self.start._replace(optimizers=(*others[:place], copy, *others[place + 1 :]))

    def _pairs(self) -> Iterable[tuple[int, Any]]:
        if self.start is not None:
            copies = dict(self.start.model.named_parameters())
            for name, param in unwrapped(self._model).named_parameters():
                yield id(param), copies[name]

    def _copied(self, snapshot: Snapshot, when: str) -> Snapshot | None:
        shared: list[str] = []
        try:
            with draws_kept():
                copy = snapshot.copy(shared=shared)
        except Exception as error:  # whatever the model's own code raises must not end the reader's program
            self.gaps.append(f"The model {when} could not be copied: {error}")
            return None
        self.gaps += [f"{name} cannot be copied; copies share it." for name in shared if name not in str(self.gaps)]
        return copy
