"""Whether a loss rewards wrong answers: which way its gradient points, and a small training follows it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Distribution

from lossbook.copying import copied_model
from lossbook.evidence import Case, unwrapped
from lossbook.evidence.replay import output_of, quiet, train
from lossbook.probes.base import Limit, Reading, decided
from lossbook.probes.distances import near_for_the_larger
from lossbook.probes.made_up import (
    REFUSALS,
    ROUNDING,
    answers,
    one_answer_each,
    towards,
    true_classes,
    value_of,
    yes_or_no,
)

AWAY = Limit(-0.1, ("all", 0.088), ("loss-sign-flipped", -0.35))  #: cosine, see towards
FEW, FEW_STEPS = 4, 20  # examples and steps of a short training
DRAWS = 8  # targets that are drawn for each example
UNKNOWN = Reading(
    "does not apply", "the targets are neither one class per example or place nor as many numbers as the outputs"
)


def sign_flipped(case: Case) -> Reading:
    """Train a copy on a few examples with small learning rates: the outputs move away from the true answers.

    A step down the right loss, if it is small, cannot do that on its own examples. A tenth of the learning rate may
    still be too much, so that what it shows must be the same at a thousandth. Running statistics, as those of
    batch norm, move the outputs too, and are the same for both. Limit ``AWAY``. Outputs that share a bias may move away
    on the whole where the few that are wrong count most, so that the loss's gradient must point away from the answers
    as well, unless the optimiser climbs; and right answers must cost more than wrong ones, where the loss takes such:
    a penalty on the outputs makes them smaller, and rewards nobody who is wrong. Of distances, the small ones may be
    right where the target is the larger of two. Of an output that is a distribution, the loss is asked for the more
    likely of some drawn targets, and for the less likely ones.
    """
    output, y = output_of(case.start.model, case.batches[0]), case.batches[0].target
    if isinstance(output, Distribution):
        return _of_distribution(case.loss, output, y)
    if not isinstance(output, Tensor) or not output.is_floating_point():
        return Reading("does not apply", "the output is not one tensor of measurements")
    if not torch.isfinite(output).all():
        return Reading("cannot tell", "the fresh model's outputs are not finite")
    if not one_answer_each(case, output, y):
        return UNKNOWN
    few, model = case.batches[0].first(FEW), unwrapped(case.start.model)
    cosine = -math.inf
    for lr_scale in (0.1, 0.001):
        trained, _ = train(case, case.start, FEW_STEPS, lr_scale=lr_scale, batches=[few])
        untrained = copied_model(trained.model, shared=[])
        untrained.load_state_dict(dict(model.named_parameters()), strict=False)
        moved = towards(case, output_of(untrained, few), output_of(trained.model, few), few.target)
        cosine = moved if math.isnan(moved) else max(cosine, moved)
        if not cosine < AWAY.value:
            break
    sentence = f"{FEW_STEPS} small steps on {FEW} examples move their outputs towards the true answers by a cosine of"
    sentence = f"{sentence} {cosine:+.2f}"
    climbs = any(group.get("maximize") for group in case.start.groups)
    if cosine < AWAY.value and not climbs and (down := _downhill(case, output_of(model, few), few.target)) > 0:
        sentence = f"{sentence}, though the loss by itself pulls each output towards them, by {down:+.2f}"
        return decided(False, sentence, down, AWAY.value)
    if cosine < AWAY.value and not climbs and (costs := _costs(case, output, y)) is not None and costs[0] < costs[1]:
        sentence = f"{sentence}, though right answers cost {costs[0]:.4g}, and wrong ones {costs[1]:.4g}"
        return decided(False, sentence, costs[0] - costs[1], 0.0)
    if cosine < AWAY.value and near_for_the_larger(case, output, y):
        reason = "the outputs are distances, and the loss makes them small where the target is the larger of two"
        return Reading("cannot tell", reason)
    if cosine < AWAY.value and _orders_alone(case, output, y):
        reason = "the loss sees only the order of the targets, and either end of it may be to get the largest outputs"
        return Reading("cannot tell", reason)
    return decided(cosine < AWAY.value, sentence, cosine, AWAY.value)


def _orders_alone(case: Case, output: Tensor, y: Tensor) -> bool:
    """Whether a loss of numbers stays as it is if each becomes its rank, as the likelihood of who dies first does."""
    if true_classes(case, output, y) is not None or yes_or_no(y):
        return False
    ranks = y.flatten().argsort().argsort().reshape(y.shape).to(y)
    own, ranked = value_of(case.loss, output, y), value_of(case.loss, output, ranks)
    return own is not None and ranked is not None and abs(own - ranked) <= ROUNDING * abs(own)


def _downhill(case: Case, output: Tensor, y: Tensor) -> float:
    """The cosine between the way down the loss, from these outputs, and that to the true answers."""
    given = output.clone().requires_grad_()
    assert case.loss is not None
    (slope,) = torch.autograd.grad(case.loss(given, y), given)
    return towards(case, output, output - slope, y)


def _costs(case: Case, output: Tensor, y: Tensor) -> tuple[float, float] | None:
    """The loss of answers that are right, and of wrong ones that are as sure; of numbers, on the other side."""
    if true_classes(case, output, y) is not None or yes_or_no(y):
        made = [answers(case, output, y, scale) for scale in (1.0, -1.0)]
    else:
        numbers = y.to(output).reshape(output.shape)
        made = [numbers, 2 * numbers.mean() - numbers]
    right, wrong = (value_of(case.loss, each, y) for each in made)
    return None if right is None or wrong is None else (right, wrong)


def _of_distribution(loss: Callable[[Any, Any], Tensor] | None, output: Distribution, y: Any) -> Reading:
    """The loss of targets that the model itself takes for likely, and of those that it does not."""
    assert loss is not None
    with torch.no_grad(), quiet(nn.Identity()):
        drawn = output.sample(torch.Size([DRAWS]))
        if drawn.shape[1:] != y.shape:
            return UNKNOWN
        likely = output.log_prob(drawn)
        likely = likely.reshape(*likely.shape, *[1] * (drawn.ndim - likely.ndim)).expand(drawn.shape)
        made = [drawn.gather(0, place(likely, 0, keepdim=True)).squeeze(0) for place in (torch.argmax, torch.argmin)]
        try:
            high, low = (float(loss(output, each.to(y))) for each in made)
        except REFUSALS:
            return Reading("cannot tell", "the loss does not take targets that are made up")
    sentence = f"the loss is {high:.4g} of targets that the fresh model takes for likely, and {low:.4g} of others"
    return decided(high > low, sentence, high - low, 0.0)
