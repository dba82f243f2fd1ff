"""What can be told of a training's parts before it begins, from one batch: each a line of a check-up.

A check works on copies, whatever tensors the inputs, the targets and the outputs are made of.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator
from contextlib import nullcontext
from typing import Any

import torch
from torch import Tensor

from lossbook.copying import copied_model
from lossbook.diagnosis import dependence
from lossbook.diagnosis.budget import Budget
from lossbook.diagnosis.dependence import Outcome
from lossbook.diagnosis.report import Check
from lossbook.evidence import Case, unwrapped
from lossbook.evidence.replay import gradients, loss_on, output_of, train
from lossbook.evidence.surroundings import quiet
from lossbook.losses.initial import chance_loss

FEW, FEW_STEPS = 4, 100  # examples to learn, and steps
LEARNED, STUCK = (
    0.5,
    0.9,
)  # of the first loss of these examples: at most, once they are learned; at least, if nothing is
RATES = (1.0, 0.1, 10.0)  # factors on the learning rate that are tried
FAR = 2.0  # the first loss over that of a model that knows nothing; weights as torch draws them give about 1
MOVES = 3  # steps: behind a layer that starts at zero, parameters move from the second one on


def loss_is_a_number(case: Case) -> Outcome:
    """The loss is one finite number with a gradient."""
    batch, model = case.batches[0], copied_model(unwrapped(case.start.model), shared=[])
    assert case.loss_of is not None
    with quiet(model):
        loss = case.loss_of(model, batch)
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        shape = f"of shape {tuple(loss.shape)}" if isinstance(loss, Tensor) else type(loss).__name__
        return False, f"the loss must be one number, got {shape}: backward() needs loss.mean()"
    if not math.isfinite(float(loss.detach())):
        return False, f"the loss is {float(loss.detach())} before the first step"
    if not loss.requires_grad:
        return False, "no gradient leads back from the loss: it is made of detached tensors"
    return True, f"{float(loss.detach()):.4g} before the first step"


def first_loss_is_that_of_knowing_nothing(case: Case) -> Outcome:
    """The loss at the start against that of the best constant answer, where this is known."""
    outputs = output_of(unwrapped(case.start.model), case.batches[0])
    y = case.batches[0].target
    if not isinstance(outputs, Tensor) or not isinstance(y, Tensor) or case.loss is None:
        return None, "outputs and targets are not one tensor each"
    known = _Named(case.loss)
    chance = chance_loss(known, y.detach().cpu().numpy(), classes=outputs.shape[1] if outputs.ndim > 1 else 1)
    if chance is None or not chance > 0:
        return None, "what a model that knows nothing costs is not known of this loss"
    first = loss_on(case, case.start.model, case.batches[0])
    sentence = f"{first:.4g}; a model that knows nothing costs {chance:.4g}"
    if first > FAR * chance:  # many a training gets over it in a few steps
        return None, f"{sentence}: are the first outputs too large, or the targets?"
    return True, sentence


class _Named:
    """A loss of torch by its name, as :func:`chance_loss` knows it."""

    def __init__(self, loss: Any) -> None:
        usual = getattr(loss, "reduction", "mean") == "mean" and getattr(loss, "weight", None) is None
        self.name = getattr(loss, "__name__", type(loss).__name__) if usual else ""


def gradients_are_finite(case: Case) -> Outcome:
    """Every gradient of the first batch is finite."""
    found = gradients(case, case.start.model, case.batches[0])
    bad = [name for name, grad in found.items() if grad is not None and not bool(torch.isfinite(_dense(grad)).all())]
    if bad:
        return False, f"the gradient of {bad[0]!r} is not finite, and of {len(bad) - 1} others"
    return True, f"{sum(grad is not None for grad in found.values())} gradients"


def a_few_steps_move_every_parameter(case: Case) -> Outcome:
    """Which parameters are frozen or have no part in the loss, and whether a few steps move all others."""
    model = unwrapped(case.start.model)
    named = dict(model.named_parameters())
    if not named:
        return False, "the model has no parameters: there is nothing to train"
    frozen = [name for name, param in named.items() if not param.requires_grad]
    held = {id(param) for group in case.start.groups for param in group["params"]}
    strange = [name for name, param in named.items() if param.requires_grad and id(param) not in held]
    unused = [name for name, grad in gradients(case, model, case.batches[0]).items() if grad is None]
    after = dict(train(case, case.start, MOVES)[0].model.named_parameters())
    apart = {*frozen, *strange, *unused}
    still = [name for name in named if name not in apart and name in after and torch.equal(after[name], named[name])]
    told = f"; {len(frozen)} of {len(named)} are frozen, {frozen[0]!r} the first" if frozen else ""
    if strange:
        return False, f"{len(strange)} parameters are not in the optimiser, {strange[0]!r} the first{told}"
    if still:
        return False, f"{len(still)} of {len(named)} do not move, {still[0]!r} the first{told}"
    if len(frozen) == len(named):
        return False, "every parameter is frozen: there is nothing to train"
    if unused := [name for name in unused if name not in frozen]:
        return (
            None,
            f"{len(unused)} have no part in the loss, {unused[0]!r} the first: are they meant to be used?{told}",
        )
    return True, f"all {len(named) - len(frozen)}{' others' if frozen else ''} move{told}"


def a_few_examples_are_learned(case: Case, budget: Budget | None = None) -> Outcome:
    """Four examples, again and again, with the same random numbers in each step: their loss falls by half.

    Nothing is learned if it does not fall by a tenth, at the learning rate, a tenth of it and ten times.
    """
    few, ends, first = case.batches[0].first(FEW), list[float](), math.nan
    for scale in RATES:
        with nullcontext() if budget is None else budget.charged():
            losses = train(case, case.start, FEW_STEPS, batches=[few], lr_scale=scale, same_draws=True)[1]
        first, last = float(losses[0]), float(losses[-1])
        if math.isfinite(last) and (last < LEARNED * first or last < first <= 0):
            return True, f"the loss of {FEW} examples falls from {first:.3g} to {last:.3g} in {FEW_STEPS} steps"
        ends.append(last)
    said = ", ".join(f"{last:.3g}" for last in ends)
    sentence = f"the loss of {FEW} examples is {first:.3g}, and {said} after {FEW_STEPS} steps at three rates"
    lowest = min((last for last in ends if math.isfinite(last)), default=math.inf)
    return (False if lowest > STUCK * first > 0 else None), sentence


def _dense(grad: Tensor) -> Tensor:
    return grad.to_dense() if grad.is_sparse else grad


#: in the order of a reader's questions -> the check
CHECKS: dict[str, Callable[[Case], Outcome]] = {
    "the loss is a finite number": loss_is_a_number,
    "the first loss": first_loss_is_that_of_knowing_nothing,
    "the gradients are finite": gradients_are_finite,
    "a few steps move every parameter": a_few_steps_move_every_parameter,
    "the examples are independent": dependence.examples_are_independent,
    "every input counts": dependence.every_input_counts,
    "eval mode repeats itself": dependence.eval_mode_repeats_itself,
    "a few examples are learned": a_few_examples_are_learned,
}

OF_OUTPUTS = (
    dependence.examples_are_independent,
    dependence.every_input_counts,
    dependence.eval_mode_repeats_itself,
)  #: those that need no loss


def checks_of(
    case: Case,
    *,
    budget: Budget,
    names: Collection[str] = (),
    tick: Callable[[str], object] = lambda what: None,
) -> Iterator[Check]:
    """A line for each check; one that fails itself cannot tell, nor can those of the loss if that is no number.

    Args:
        case: of the parts.
        budget: of the experiments.
        names: keys of ``CHECKS`` that are made; by default all.
        tick: called before each check, with its name.
    """
    there = True
    for name, decide in CHECKS.items():
        if names and name not in names:
            continue
        tick(name)
        is_last, passed, sentence = decide is a_few_examples_are_learned, None, "the loss is no finite number"
        if there or decide in OF_OUTPUTS:
            sentence = f"the budget of {budget} was spent"
            if budget.allows(len(RATES) * FEW_STEPS if is_last else 0):
                try:
                    passed, sentence = a_few_examples_are_learned(case, budget) if is_last else decide(case)
                except Exception as error:  # of the reader's own code
                    sentence = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        there = there and not (decide is loss_is_a_number and passed is False)
        yield Check(name, passed, sentence)
