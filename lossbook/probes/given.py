"""What torch's own losses get, wherever in the lines of a loss they are called."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from lossbook.copying import copied_model
from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import output_of, quiet
from lossbook.probes import objective_mends as mends
from lossbook.probes.base import Mend
from lossbook.probes.made_up import probabilities, yes_or_no
from lossbook.probes.wanted import LOGARITHMS, as_wanted

WANT_LOGARITHMS = ("kl_div", "nll_loss")  #: functions of torch whose first argument are logarithms of probabilities
STEPS = 200  # of a trial: such a loss is not flat, but faint


class Given(TorchFunctionMode):
    """Looks at the first argument of the losses that want logarithms; may put its logarithm in its place."""

    def __init__(self, *, mend: bool = False) -> None:
        super().__init__()
        self.mend, self.found = mend, list[str]()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs, name = kwargs or {}, getattr(func, "__name__", "")
        first = args[0] if args else kwargs.get("input")
        if name in WANT_LOGARITHMS and isinstance(first, Tensor) and _are_probabilities(first):
            self.found.append(name)
            if self.mend:
                logs = first.clamp_min(mends.TINY).log()
                args, kwargs = ((logs, *args[1:]), kwargs) if args else (args, {**kwargs, "input": logs})
        return func(*args, **kwargs)


class _GivenTargets(TorchFunctionMode):
    """Looks at targets of torch's cross entropy that are rows of 0 and 1."""

    def __init__(self) -> None:
        super().__init__()
        self.sums = list[Tensor]()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        given = (*args, kwargs.get("target"))[1 if len(args) > 1 else -1]
        is_it = getattr(func, "__name__", "") == "cross_entropy" and isinstance(given, Tensor)
        if is_it and given.is_floating_point() and given.ndim > 1 and yes_or_no(given):
            self.sums.append(given.detach().sum(1).flatten())
        return func(*args, **kwargs)


def several_true_classes(case: Case) -> tuple[float, float] | None:
    """Of the first batch, the share of rows with several true classes that torch's cross entropy gets, and the most.

    None if it gets no rows of 0 and 1.
    """
    assert case.loss_of is not None
    model, given = copied_model(case.start.model, shared=[]), _GivenTargets()
    with quiet(model), torch.no_grad(), given:
        case.loss_of(model, case.batches[0])
    if not given.sums:
        return None
    sums = torch.cat(given.sums)
    return float((sums > 1).float().mean()), float(sums.max())


def _are_probabilities(given: Tensor) -> bool:
    """Along the axis of the classes, or else along the last one; a logarithm of a probability is never above 0."""
    given = given.detach()
    return given.ndim > 1 and any(probabilities(given, axis) for axis in {1, given.ndim - 1})


def given_probabilities(case: Case) -> str | None:
    """The loss of torch that wants logarithms and gets probabilities, on the first batch; None if there is none."""
    assert case.loss_of is not None
    model, given = copied_model(case.start.model, shared=[]), Given()
    with quiet(model), torch.no_grad(), given:
        case.loss_of(model, case.batches[0])
    return given.found[0] if given.found else None


def logarithms_given(case: Case) -> Mend | None:
    """The loss of the logarithms, where the loss takes them."""
    own = case.loss_of
    if own is None:
        return None
    if given_probabilities(case) is None:
        if (mend := as_wanted(case, LOGARITHMS)) is not None:
            return mend
        output = output_of(case.start.model, case.batches[0])
        return mends.of_logarithms(case) if case.loss is not None and isinstance(output, Tensor) else None

    def loss_of(model: nn.Module, batch: Batch) -> Tensor:
        with Given(mend=True):
            return own(model, batch)

    change = "the loss was given the logarithms of the probabilities"
    return Mend(change, replace(case, loss=None, loss_of=loss_of), steps=STEPS)
