"""What torch's own losses want of their arguments, and what they are given: labels of -1 and 1, logarithms, a blank.

None of this raises, and each of these losses then asks for something else than what was meant.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from lossbook.copying import copied_model
from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import quiet
from lossbook.probes.base import Mend, Reading
from lossbook.probes.made_up import probabilities, yes_or_no
from lossbook.probes.rewired import within

Given = dict[str, Any]  #: the arguments of a call by name, with the defaults of those that were left out
SIGNATURES = {
    function.__name__: inspect.signature(function)
    for function in (
        *(F.hinge_embedding_loss, F.cosine_embedding_loss, F.soft_margin_loss, F.kl_div, F.ctc_loss),
        *(F.poisson_nll_loss, F.triplet_margin_loss, F.triplet_margin_with_distance_loss),
    )
}
ABOVE = 1e-3  # a logarithm of a probability is never above 0, but for rounding
STEPS = 200  # of a trial


class Listening(TorchFunctionMode):
    """Keeps what these losses are given; may call them with other arguments.

    Args:
        names: of the losses that are listened to.
        change: gives other arguments for those of a call.
    """

    def __init__(self, *names: str, change: Callable[[Given], Given] | None = None) -> None:
        super().__init__()
        self.names, self.change, self.calls = names, change, list[tuple[str, Given]]()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "")
        if name not in self.names:
            return func(*args, **(kwargs or {}))
        bound = SIGNATURES[name].bind(*args, **(kwargs or {}))
        bound.apply_defaults()
        given = dict(bound.arguments)
        self.calls.append((name, given))
        if self.change is None:
            return func(*args, **(kwargs or {}))
        return func(**self.change(given))


def calls_on(case: Case, batch: Batch, *names: str, model: nn.Module | None = None) -> list[tuple[str, Given]]:
    """What these losses are given on the way of a batch through the fresh model, or another one, and the loss."""
    assert case.loss_of is not None
    copy, listening = copied_model(model or case.start.model, shared=[]), Listening(*names)
    with quiet(copy), torch.enable_grad(), listening:
        case.loss_of(copy, batch)
    return listening.calls


def with_other_arguments(case: Case, names: Sequence[str], change: Callable[[Given], Given], words: str) -> Mend:
    """The loss whose calls of these functions get other arguments."""
    changed = within(case, lambda: Listening(*names, change=change))
    return Mend(words, replace(changed, loss=None), steps=STEPS)


class Convention(NamedTuple):
    """What a loss wants of an argument."""

    names: tuple[str, ...]  #: of the losses
    broken: Callable[[str, list[Given]], str | None]  #: what is wrong with what it was given in some batches; or None
    change: Callable[[Given], Given]  #: the arguments as they were meant
    words: str  #: what was changed, as a short sentence in the past without a full stop; "" if no mend is known
    fix: str  #: the line as it should be


def _labels_of_0_and_1(name: str, calls: list[Given]) -> str | None:
    """Where the second of two embeddings is given, a label of 0 may leave one of its rows out."""
    y = torch.cat([given["target"].detach().flatten() for given in calls])
    if not yes_or_no(y) or not 0 < float(y.float().mean()) < 1:
        return None
    if "input2" in calls[0] and not (calls[0]["input1"].requires_grad and calls[0]["input2"].requires_grad):
        return None
    return f"{name} wants labels of -1 and 1, and gets {len(y)} of 0 and 1: a label of 0 asks for nothing sensible"


def _logits_for_logarithms(name: str, calls: list[Given]) -> str | None:
    given, y = calls[0]["input"].detach(), calls[0]["target"].detach()
    axis = _axis(y, log=calls[0]["log_target"])
    if axis is None or axis >= given.ndim or not float(given.max()) > ABOVE or probabilities(given, axis):
        return None
    return f"{name} wants logarithms of probabilities, and gets logits, of up to {float(given.max()):.3g}"


def _logarithms_for_probabilities(name: str, calls: list[Given]) -> str | None:
    y = calls[0]["target"].detach()
    if calls[0]["log_target"] or not y.is_floating_point() or not float(y.min()) < 0 or _axis(y, log=True) is None:
        return None
    return (
        f"the second argument of {name} are probabilities, and it gets their logarithms, from {float(y.min()):.3g} on"
    )


def _blank_in_targets(name: str, calls: list[Given]) -> str | None:
    found = total = 0
    for given in calls:
        y, blank = given["targets"], given["blank"]
        lengths = torch.as_tensor(given["target_lengths"], device=y.device).flatten()
        if y.ndim == 2:
            y = y[torch.arange(y.shape[1], device=y.device) < lengths[:, None]]
        found, total = found + int((y == blank).sum()), total + y.numel()
    sentence = f"{name} takes {calls[0]['blank']} for the blank, and {found} of {total} labels are just that"
    return sentence if found else None


def _axis(y: Tensor, *, log: bool) -> int | None:
    """The axis on which the targets are probabilities that sum to 1, or logarithms of such."""
    y = y.exp() if log else y
    axes = dict.fromkeys((y.ndim - 1, 1)) if y.is_floating_point() and y.ndim > 1 else ()
    return next((axis for axis in axes if probabilities(y, axis)), None)


def _given_logarithms(given: Given) -> Given:
    axis = _axis(given["target"].detach(), log=given["log_target"])
    return {**given, "input": given["input"].log_softmax(-1 if axis is None else axis)}


def _exchanged_or_told(given: Given) -> Given:
    """Where the model's output came second, the other way round; else the loss is told what it gets."""
    first, second = given["input"], given["target"]
    if second.requires_grad and not first.requires_grad:
        return {**given, "input": second, "target": first.exp()}
    return {**given, "log_target": True}


CONVENTIONS = (
    Convention(
        ("hinge_embedding_loss", "cosine_embedding_loss", "soft_margin_loss"),
        _labels_of_0_and_1,
        lambda given: {**given, "target": 2 * given["target"] - 1},
        "the labels were made -1 and 1",
        "loss = loss_fn(..., 2 * y - 1)  # its labels are -1 and 1, not 0 and 1",
    ),
    Convention(
        ("kl_div",),
        _logarithms_for_probabilities,
        _exchanged_or_told,
        "kl_div got logarithms of the model's probabilities first, and then the probabilities to be met",
        "loss = F.kl_div(F.log_softmax(logits, 1), target, reduction='batchmean')  # log_target=True for logarithms",
    ),
    Convention(
        ("ctc_loss",),
        _blank_in_targets,
        lambda given: given,
        "",
        "loss = F.ctc_loss(log_probs, y, n, m, blank=0)  # the blank is a number that no label has",
    ),
)

#: those that are broken where a loss gets something else than logarithms of probabilities
LOGARITHMS = (
    Convention(
        ("kl_div",),
        _logits_for_logarithms,
        _given_logarithms,
        "kl_div got the logarithms of the outputs' softmax",
        "loss = F.kl_div(F.log_softmax(logits, 1), target, reduction='batchmean')",
    ),
)


def against_a_convention(case: Case, conventions: Sequence[Convention]) -> tuple[Convention, str] | None:
    """The first of these that the training does not keep, and what says so; None if it keeps all."""
    if case.loss_of is None or not case.batches:
        return None
    everything = calls_on(case, case.batches[0], *(name for each in conventions for name in each.names))
    for convention in conventions:
        for name in convention.names:
            calls = [given for other, given in everything if other == name]
            if not calls:
                continue
            if name != "kl_div":  # the labels of one batch may be alike
                more = [call for batch in case.batches[1:] for call in calls_on(case, batch, name)]
                calls += [given for _, given in more]
            if (sentence := convention.broken(name, calls)) is not None:
                return convention, sentence
    return None


def unwanted(case: Case, conventions: Sequence[Convention] = CONVENTIONS) -> Reading | None:
    """That a loss of torch is given what it does not want; None if it is given nothing such."""
    found = against_a_convention(case, conventions)
    return None if found is None else Reading("found", found[1], fix=found[0].fix)


def as_wanted(case: Case, conventions: Sequence[Convention] = CONVENTIONS) -> Mend | None:
    """The same losses, given what they want."""
    found = against_a_convention(case, conventions)
    if found is None or not found[0].words:
        return None
    return with_other_arguments(case, found[0].names, found[0].change, found[0].words)


__all__ = [
    "CONVENTIONS",
    "LOGARITHMS",
    "Given",
    "Listening",
    "as_wanted",
    "calls_on",
    "unwanted",
    "with_other_arguments",
]
