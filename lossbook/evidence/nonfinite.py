"""The first number of a training that is not finite: which tensor, in which module, on which batch."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor, nn

from lossbook.copying import copied_model
from lossbook.evidence.domains import Undefined
from lossbook.evidence.keeper import back, to_cpu
from lossbook.evidence.snapshot import unwrapped
from lossbook.evidence.structure import mapped, tensors
from lossbook.evidence.surroundings import draws_kept, quiet
from lossbook.evidence.window import Window

if TYPE_CHECKING:
    from lossbook.evidence.recorder import Recorder


class Trouble(NamedTuple):
    """What was found at the step at which a loss or a gradient was not finite for the first time."""

    what: str
    where: str | None
    step: int
    drawn: int | None
    batch: tuple[Any, ...] | None  #: copies of args, kwargs, and the tensors that the loss got from elsewhere
    last_finite: float | None
    losses: int  #: that backward() had run on, this one included
    found_in: Callable[[], str | None] | None = None  #: looks for the module, once the training is over
    operation: Undefined | None = None  #: see ``FirstBad``


def found_trouble(recorder: Recorder, what: str) -> Trouble:
    """Look for the first of input, target, weight, output that is not finite; else it is ``what``.

    Args:
        recorder: at the moment at which a loss or a gradient is not finite, and no step was made with it.
        what: "loss" or "gradient".
    """
    window = recorder.window
    kind, where = what, None
    if window is not None and not is_finite(
        [each for each in tensors((window.args, window.kwargs)) if not _is_made(each)]
    ):
        kind = "input"
    elif window is not None and not is_finite(_target(window)):
        kind = "target"
    elif bad := [name for name, param in recorder.parts.params.items() if not is_finite(param)]:
        kind, where = "weight", bad[0]
    elif window is not None and what == "loss" and not _is_meant(window.output, recorder.undefined):
        kind = "output"
    elif what == "gradient":  # the backward pass begins at the output, whose parameters come last
        bad = [name for name, param in recorder.parts.params.items() if not is_finite(param.grad)]
        where = bad[-1] if bad else None
    batch = None
    if window is not None:
        batch = mapped(to_cpu, (window.args, window.kwargs, _target(window)))
    found_in = None
    if (
        kind == "output" and window is not None and not has_ranks()
    ):  # a pass of the copy may draw, or call hooks of the reader's
        with draws_kept():
            copy = copied_model(unwrapped(recorder.model), shared=[])
        training, autocast = window.training, recorder.autocast
        kept_args, kept_kwargs = mapped(to_cpu, (window.args, window.kwargs))

        def found_in() -> str | None:
            args, kwargs = back((kept_args, kept_kwargs))
            return first_module(copy, args, kwargs, training, autocast)

    drawn, losses = window.drawn if window else None, len(recorder.numbers["ran_on"])
    operation = recorder.undefined if kind == "loss" else _steep(recorder, kind)
    return Trouble(kind, where, recorder.steps, drawn, batch, recorder.last_finite, losses, found_in, operation)


def _steep(recorder: Recorder, kind: str) -> Undefined | None:
    """The operation without a slope that made a gradient not finite, or the weights by the step before; if it did.

    Those of an earlier step have done no harm.
    """
    step, operation = recorder.steep or (-1, None)
    return operation if step == recorder.steps - {"gradient": 0, "weight": 1}.get(kind, -1) else None


def has_ranks() -> bool:
    """Other processes train with this one: a pass of one alone would wait for them, or answer their questions."""
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def _is_made(given: Tensor) -> bool:
    """A part of the model gets what another one gave."""
    return given.requires_grad and not given.is_leaf


def _is_meant(output: Any, operation: Undefined | None) -> bool:
    """Outputs are finite; or they are infinite where something is masked, and an operation behind them is at fault."""
    if is_finite(output) or operation is None:
        return is_finite(output)
    return not any(bool(each.isnan().any()) for each in tensors(output))


def _target(window: Window) -> Any:
    if window.called is not None:
        return window.called.target
    return tuple(window.foreign) if len(window.foreign) != 1 else window.foreign[0]


def is_finite(value: Any) -> bool:
    """Every floating number in a structure is finite. It waits for the device."""
    floats = [each.detach() for each in tensors(value) if each.is_floating_point() or each.is_complex()]
    return all(bool(torch.isfinite(each.coalesce().values() if each.is_sparse else each).all()) for each in floats)


def first_module(copy: nn.Module, args: Any, kwargs: Any, training: bool, autocast: str | None) -> str | None:
    """The name of the first module whose output is not finite for this batch; None: none is."""
    found: list[str] = []

    def look(name: str) -> Any:
        def hook(_: nn.Module, inputs: Any, output: Any) -> None:
            if not is_finite(output):
                found.append(name)

        return hook

    for name, module in copy.named_modules():
        module.register_forward_hook(look(name))
    kind = next(iter(copy.parameters()), torch.empty(0)).device.type
    mixed = autocast not in (None, "off")
    with torch.no_grad(), quiet(copy):
        copy.train(training)
        with torch.autocast(kind, getattr(torch, str(autocast))) if mixed else nullcontext():
            copy(*args, **kwargs)
    return found[0] if found else None
