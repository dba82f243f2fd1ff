"""Decisive tests for causes in the signals that flow through the model: activations forward, gradients backward."""

from __future__ import annotations

import math
from dataclasses import replace

import torch
from torch import Tensor, nn

from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import gradients, loss_on, output_of, train
from lossbook.norms import norm
from lossbook.probes.bare_matrices import unlike_their_width
from lossbook.probes.base import Limit, Probe, Reading, after, decided
from lossbook.probes.confirming import confirmed
from lossbook.probes.made_up import class_axis, knowing_nothing, value_of
from lossbook.probes.passes import activations, layers
from lossbook.probes.places import drowned_by_weights
from lossbook.probes.signal_mends import clipped, drawn_anew, drawn_anew_for_long, leaky, rectified
from lossbook.probes.step_size import CLEARLY, ended_at
from lossbook.probes.tails import or_tails
from lossbook.probes.trials import STEPS as TRIAL
from lossbook.probes.trials import end
from lossbook.probes.unlike_drawn import one_number_throughout, unlike_its_draw

LIMITS = {
    # size of what leaves a layer over what enters it, or the other way round
    "growth": Limit(10.0, ("all", 3.8), ("initial-weights-too-small", 14.0)),
    # gradient norm of the first layer over that of the last
    "faded": Limit(1e-3, ("all", 0.17), ("vanishing-gradients-sigmoid", 5e-4)),
    # relative change of the loss over that of the weights
    "grown": Limit(70.0, ("all", 26.0), ("exploding-gradients", 210.0)),
    # share of a layer's units that are zero on all examples; the field takes 0.5 to 0.7
    "dead": Limit(0.9, ("all", 0.7), ("dead-relu", 1.0)),
    # share of a layer's pre-activations that lie where the activation is flat
    "saturated": Limit(0.5, ("all", 0.1), ("saturated-activations", 0.8)),
}
GROWTH, FADED, GROWN, DEAD, SATURATED = (limit.value for limit in LIMITS.values())
# loss of the fresh model over that of the mean of its outputs; of ratings with rows of a tenth: 1.0; of unit size: 24
COSTS = 5.0
FAR = 30.0  # and over that of equal probabilities; of weights as torch draws them: 1.0, of N(0, 1) in four layers: 300
UNTOLD = Reading("cannot tell", "the loss does not take outputs that are made up")
ALIKE = 1e-4  # spread of a layer's rows over their size; drawn weights: about 1; equal ones: at most 1e-6
A_FEW = 5  # steps
ALL_OFF = 0.9  # loss with leaky ReLUs over that without, where a layer is zero throughout
FLAT = 5.0  # beyond it tanh and sigmoid have a slope of less than 1 %
LED_THERE = 0.5  # of the limit, at the start, below which it was the training that led there
LOOKED_AT = 500  # examples
NEARLY = 0.1  # of the first loss of the mended copies, above which a training must end for its start to be the cause


def symmetric_init(case: Case) -> Reading:
    """Compare the rows of each weight matrix, each the weights of one unit: equal at the start and still now.

    Equal units get equal gradients, so that they stay one unit for ever. A last layer that starts at zero is no such
    case: each of its rows has a target of its own, and moves by itself. Neither is one that no optimiser holds.
    """
    start, now = (dict(state.model.named_parameters()) for state in (case.start, case.now))
    held = {id(param) for group in case.start.groups for param in group["params"]} or set(map(id, start.values()))
    trained = [name for name, param in start.items() if name in now and param.requires_grad and id(param) in held]
    alike = [name for name in trained if _alike(start[name]) and _alike(now[name])]
    reading = decided(bool(alike), f"{len(alike)} weight matrices have equal rows from start to end", len(alike), 0)
    return reading if reading.found else one_number_throughout(case) or reading


def bad_init_scale(case: Case) -> Reading:
    """Compare the size of what leaves each layer of the fresh model with the size of what enters it.

    A layer that makes its input ten times larger or smaller does so to every signal, forward and backward, and a few
    of them leave what a float holds. He's and Xavier's weights keep the size; torch's own halve it. It is the cause if
    such weights help, since there are inputs that add up, or cancel each other out.

    Rows of tables, which are looked up, have no input whose size they could keep; and a table that is the last layer,
    too, answers at first with what it was asked. There the first loss is compared with that of one answer for all
    examples, the mean of the outputs. At last the weights themselves are compared with a draw of their modules, and
    those that belong to none with the root of their width.
    """
    ratios, last = {}, ""
    for name, entered, left, _ in layers(case.start.model, case.batches[0]):
        last = name
        if entered.any() and left.any():
            ratios[name] = float(left.square().mean().sqrt() / entered.square().mean().sqrt())
            varies = [float((each - each.mean(0)).square().mean().sqrt()) for each in (entered, left)]
            if all(varies) and varies[1] < varies[0] and ratios[name] < GROWTH:
                ratios[name] = min(ratios[name], varies[1] / varies[0])
    if not ratios:
        reading = confirmed(_first_answers(case), case, drawn_anew_for_long)
        return reading if reading.found else unlike_their_width(case) or reading
    if len(ratios) > 1 and ratios.get(last, 1) < 1:
        del ratios[last]  # a small last layer is a usual way to begin
    name = max(ratios, key=lambda name: max(ratios[name], 1 / ratios[name]))
    worst = max(ratios[name], 1 / ratios[name])
    for look in (_first_answers, _far_from_open) if worst <= GROWTH else ():
        if (first := look(case)).found:
            return confirmed(first, case, drawn_anew_for_long)
    way = "larger" if ratios[name] > 1 else "smaller"
    sentence = f"layer {name!r} makes its input {worst:.2g} times {way}, at the start"
    reading = confirmed(decided(worst > GROWTH, sentence, worst, GROWTH), case, drawn_anew_for_long)
    if reading.found and (trial := reading.trial) is not None:
        nearly = ended_at(case) - end(trial.mended) < NEARLY * abs(trial.mended[0])  # the training goes on for longer
        return replace(reading, outcome="not found") if nearly else reading
    return unlike_its_draw(case) or unlike_their_width(case) or reading


def _first_answers(case: Case) -> Reading:
    """See whether the fresh model's answers cost many times as much as their mean, given to all examples."""
    tables = [each for each in case.start.model.modules() if isinstance(each, nn.Embedding | nn.EmbeddingBag)]
    output = output_of(case.start.model, case.batches[0])
    if not tables or case.loss is None or not isinstance(output, Tensor) or not output.is_floating_point():
        return Reading("does not apply", "no signal passes through a layer with weights")
    y = case.batches[0].target
    axis = class_axis(case.loss, output, y) if isinstance(y, Tensor) else None
    rows = 0 if axis is None else [place for place in range(output.ndim) if place != axis]
    mean = output.mean(rows, keepdim=True).expand_as(output).clone()
    own, alike = (value_of(case.loss, made, y) for made in (output, mean))
    if own is None or alike is None or not alike > 0:
        return UNTOLD
    sentence = f"at the start the loss is {own:.3g}, and {alike:.3g} if all examples get the mean of the outputs"
    return decided(own > COSTS * alike, sentence, own / alike, COSTS)


def _far_from_open(case: Case) -> Reading:
    """See whether the fresh model's answers cost many times as much as one answer for all: no class, or the mean."""
    output, y = output_of(case.start.model, case.batches[0]), case.batches[0].target
    if case.loss is None or not isinstance(output, Tensor) or not isinstance(y, Tensor):
        return UNTOLD
    classes = class_axis(case.loss, output, y) is not None
    own = value_of(case.loss, output, y)
    nothing = value_of(case.loss, torch.zeros_like(output), y) if classes else knowing_nothing(case, output, y)
    if own is None or nothing is None or not nothing > 0:
        return UNTOLD
    one = "all classes are equally likely" if classes else "all examples get the mean of the targets"
    sentence = f"at the start the loss is {own:.3g}, and {nothing:.3g} if {one}"
    return decided(own > FAR * nothing, sentence, own / nothing, FAR)


def vanishing_gradients(case: Case) -> Reading:
    """Divide the gradient norm of the first layer by that of the last, before the first step and after a few.

    Layers that learn a thousand times more slowly than the last do not learn while it does. A last layer that starts at
    zero lets nothing through before the first step, and then it does; so the larger ratio counts.
    The threshold is the field's; AUTOTRAINER (ICSE 2021) takes the same. What was read long before the end of what
    fills a batch up gets no gradient either: where nothing is learned, that filling is cut off.
    """
    models = case.start.model, train(case, case.start, A_FEW)[0].model
    ratios = [ratio for model in models if (ratio := _first_over_last(case, model)) is not None]
    if not ratios:
        return Reading("does not apply", "no two layers with weights get a gradient")
    share = max(ratios)
    sentence = f"the first layer's gradient is {share:.2g} of the last one's"
    return or_tails(case, decided(share < FADED, sentence, share, FADED))


def exploding_gradients(case: Case) -> Reading:
    """Multiply the gradient's norm, clipped as in the training, by that of the weights, and divide by the loss.

    This is by how many percent the loss would change if the weights changed by one percent along the gradient: a few
    per layer where the gradient neither grows nor fades. Taken of the fresh model, so that no learning rate is in it.
    It is the cause if a clipped gradient helps, since a loss that starts near zero makes the number as large.
    """
    model, batch = case.start.model, case.batches[0]
    grads = {name: grad for name, grad in gradients(case, model, batch).items() if grad is not None}
    if case.clipping is not None:
        grads = case.clipping.apply(grads)
    loss = abs(loss_on(case, model, batch, train_mode=True))
    if not grads or loss == 0:
        return Reading("does not apply", "there is no gradient, or no loss")
    change = float(norm(list(grads.values())) * norm([param.detach() for param in model.parameters()])) / loss
    if not math.isfinite(change):
        return Reading("cannot tell", "the first batch's loss, or its gradient, is not finite", change, GROWN)
    size = f"{change:.0f}" if 100 <= change < 1e6 else f"{change:.3g}"
    sentence = f"one percent of the weights would change the loss by {size} percent"
    return confirmed(decided(change > GROWN, sentence, change, GROWN), case, clipped)


def dead_relu(case: Case) -> Reading:
    """Count, in each layer of ReLUs, the units that are zero on all examples looked at; take the worst layer.

    A unit that is zero on all of them has no gradient on any of them, and never comes back. A unit is a neuron, at
    every place of a sequence, or a channel, of images as of signals. Healthy nets on digits lose more than half of
    theirs, so that the threshold is near all. They are the cause if leaky ones help, a little where a layer is all off.
    """
    calls = activations(case.now.model, _some(case), "relu")
    if not calls:
        return Reading("does not apply", "there is no hidden ReLU")
    units = [one.reshape(1, -1) if one.ndim < 2 else one.movedim(axis, 0).flatten(1) for _, _, one, axis in calls]
    share = max(float((unit <= 0).all(dim=1).float().mean()) for unit in units)
    sentence = f"{share:.0%} of the worst layer's ReLUs are zero on all examples"
    return confirmed(decided(share > DEAD, sentence, share, DEAD), case, leaky, ALL_OFF if share == 1 else CLEARLY)


def saturated_activations(case: Case) -> Reading:
    """Count, before each tanh and sigmoid within the model, the numbers outside of -5 to 5; take the worst layer.

    There the slope is below 1 %, and so is what is left of the gradient. The threshold is DeepDiagnosis' (ICSE 2022).
    It is the cause if weights that keep the signal's size help. A net that began without it was led there by its steps.
    """
    now, fresh = (_saturated(case, model) for model in (case.now.model, case.start.model))
    if now is None or fresh is None:
        return Reading("does not apply", "there is no hidden tanh or sigmoid")
    sentence = f"{now:.0%} of the worst layer's pre-activations lie outside of -5 to 5, {fresh:.0%} at the start"
    if not fresh > LED_THERE * SATURATED:
        return decided(False, sentence, fresh, LED_THERE * SATURATED)
    return confirmed(decided(now > SATURATED, sentence, now, SATURATED), case, drawn_anew)


def _saturated(case: Case, model: nn.Module) -> float | None:
    """The share of the worst layer; None if no layer has one."""
    calls = activations(model, _some(case), "tanh", "sigmoid")
    return max((float((call.before.abs() > FLAT).float().mean()) for call in calls), default=None)


def _some(case: Case) -> Batch:
    """Examples to look at: held-out ones, else the first batch."""
    return case.batches[0] if case.held_out is None else case.held_out.first(LOOKED_AT)


def _first_over_last(case: Case, model: nn.Module) -> float | None:
    """Gradient norm of the first weight matrix over that of the last; None where there is no such number."""
    grads = gradients(case, model, case.batches[0]).values()
    norms = [float(grad.norm()) for grad in grads if grad is not None and grad.ndim > 1]
    there = len(norms) > 1 and norms[-1] > 0 and all(map(math.isfinite, (norms[0], norms[-1])))
    return norms[0] / norms[-1] if there else None


def _alike(weight: Tensor) -> bool:
    """Whether all rows of a weight matrix are the same."""
    if weight.ndim < 2 or len(weight) < 2:
        return False
    rows = weight.detach().flatten(1)
    return bool((rows - rows.mean(dim=0)).norm() <= ALIKE * rows.norm())


_WITH_LOSS = ("batches", "loss of batches")

#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "symmetric-init": Probe(symmetric_init, mend=drawn_anew),
    "bad-init-scale": Probe(
        after(bad_init_scale, drowned_by_weights), ("batches",), steps=4 * TRIAL, mend=drawn_anew_for_long
    ),
    "vanishing-gradients": Probe(vanishing_gradients, _WITH_LOSS, steps=A_FEW, mend=rectified),
    "exploding-gradients": Probe(exploding_gradients, _WITH_LOSS, steps=2 * TRIAL, mend=clipped),
    "dead-relu": Probe(dead_relu, ("batches",), steps=4 * TRIAL, mend=leaky),
    "saturated-activations": Probe(saturated_activations, ("batches",), steps=2 * TRIAL, mend=drawn_anew),
}
