"""Decisive tests for causes in the signals that flow through the model: activations forward, gradients backward."""

from __future__ import annotations

import math

from torch import Tensor, nn

from lossbook.norms import norm
from lossbook.probes.base import Probe, Reading, Setup
from lossbook.probes.passes import activations, layers

ALIKE = 1e-4  # spread of a layer's rows over their size; drawn weights: about 1; equal ones: at most 1e-6
GROWTH = 10.0  # per layer, either way; healthy runs: at most 3.8; too large or too small weights: at least 14
FADED = 1e-3  # first gradient norm over last; healthy runs: at least 0.17; nine sigmoids: at most 5e-4
A_FEW = 5  # steps
GROWN = 70.0  # relative change of the loss over that of the weights; healthy runs: at most 26; exploding: at least 210
DEAD = 0.9  # share of a layer's units; healthy runs: up to 0.7, more than the field's thresholds of 0.5 to 0.7; dead: 1
SATURATED = 0.5  # share of a layer's pre-activations; healthy runs: at most 0.1; saturated: at least 0.8
FLAT = 5.0  # beyond it tanh and sigmoid have a slope of less than 1 %


def symmetric_init(setup: Setup) -> Reading:
    """Compare the rows of each weight matrix, each the weights of one unit: equal at the start and still now.

    Equal units get equal gradients, so that they stay one unit for ever. A last layer that starts at zero is no such
    case: each of its rows has a target of its own, and moves by itself.
    """
    start, now = (dict(state.model.named_parameters()) for state in (setup.start, setup.now))
    alike = [name for name in start if name in now and _alike(start[name]) and _alike(now[name])]
    return Reading(bool(alike), f"{len(alike)} weight matrices have equal rows from start to end")


def bad_init_scale(setup: Setup) -> Reading:
    """Compare the size of what leaves each layer of the fresh model with the size of what enters it.

    A layer that makes its input ten times larger or smaller does so to every signal, forward and backward, and a few
    of them leave what a float holds. He's and Xavier's weights keep the size; torch's own halve it.
    """
    ratios = {}
    for name, before, after, _ in layers(setup.start.model, setup.batches[0][0]):
        if before.any() and after.any():
            ratios[name] = float(after.square().mean().sqrt() / before.square().mean().sqrt())
    if not ratios:
        return Reading(False, "no signal passes through a layer with weights")
    name = max(ratios, key=lambda name: max(ratios[name], 1 / ratios[name]))
    worst = max(ratios[name], 1 / ratios[name])
    way = "larger" if ratios[name] > 1 else "smaller"
    return Reading(worst > GROWTH, f"layer {name!r} makes its input {worst:.2g} times {way}, at the start")


def vanishing_gradients(setup: Setup) -> Reading:
    """Divide the gradient norm of the first layer by that of the last, before the first step and after a few.

    Layers that learn a thousand times more slowly than the last do not learn while it does. A last layer that starts at
    zero lets nothing through before the first step, and then it does; so the larger ratio counts.
    The threshold is the field's; AUTOTRAINER (ICSE 2021) takes the same.
    """
    models = setup.start.model, setup.train(setup.start, A_FEW)[0].model
    ratios = [ratio for model in models if (ratio := _first_over_last(setup, model)) is not None]
    if not ratios:
        return Reading(False, "no two layers with weights get a gradient")
    return Reading(max(ratios) < FADED, f"the first layer's gradient is {max(ratios):.2g} of the last one's")


def exploding_gradients(setup: Setup) -> Reading:
    """Multiply the gradient's norm, clipped as in the training, by that of the weights, and divide by the loss.

    This is by how many percent the loss would change if the weights changed by one percent along the gradient: a few
    per layer where the gradient neither grows nor fades. Taken of the fresh model, so that no learning rate is in it.
    """
    model, batch = setup.start.model, setup.batches[0]
    grads = {name: grad for name, grad in setup.gradients(model, batch).items() if grad is not None}
    if setup.experiment.clipping is not None:
        grads = setup.experiment.clipping.apply(grads)
    loss = abs(setup.loss_on(model, batch, train_mode=True))
    if not grads or loss == 0:
        return Reading(False, "there is no gradient, or no loss")
    change = float(norm(list(grads.values())) * norm([param.detach() for param in model.parameters()])) / loss
    return Reading(not change <= GROWN, f"one percent of the weights would change the loss by {change:.3g} percent")


def dead_relu(setup: Setup) -> Reading:
    """Count, in each layer of ReLUs, the units that are zero on all held-out examples; take the worst layer.

    A unit that is zero on all of them has no gradient on any of them, and never comes back. A unit is a neuron, at
    every place of a sequence, or a channel, of images as of signals. Healthy nets on digits lose more than half of
    theirs, so that the threshold is near all.
    """
    calls = activations(setup.now.model, setup.held_out[0][:500], "relu")
    if not calls:
        return Reading(False, "there is no hidden ReLU")
    units = [one.reshape(1, -1) if one.ndim < 2 else one.movedim(axis, 0).flatten(1) for _, _, one, axis in calls]
    share = max(float((unit <= 0).all(dim=1).float().mean()) for unit in units)
    return Reading(share > DEAD, f"{share:.0%} of the worst layer's ReLUs are zero on all examples")


def saturated_activations(setup: Setup) -> Reading:
    """Count, before each tanh and sigmoid within the model, the numbers outside of -5 to 5; take the worst layer.

    There the slope is below 1 %, and so is what is left of the gradient. The threshold is DeepDiagnosis' (ICSE 2022).
    """
    calls = activations(setup.now.model, setup.held_out[0][:500], "tanh", "sigmoid")
    if not calls:
        return Reading(False, "there is no hidden tanh or sigmoid")
    share = max(float((call.before.abs() > FLAT).float().mean()) for call in calls)
    return Reading(share > SATURATED, f"{share:.0%} of the worst layer's pre-activations lie outside of -5 to 5")


def _first_over_last(setup: Setup, model: nn.Module) -> float | None:
    """Gradient norm of the first weight matrix over that of the last; None where there is no such number."""
    grads = setup.gradients(model, setup.batches[0]).values()
    norms = [float(grad.norm()) for grad in grads if grad is not None and grad.ndim > 1]
    there = len(norms) > 1 and norms[-1] > 0 and all(map(math.isfinite, (norms[0], norms[-1])))
    return norms[0] / norms[-1] if there else None


def _alike(weight: Tensor) -> bool:
    """Whether all rows of a weight matrix are the same."""
    if weight.ndim < 2 or len(weight) < 2:
        return False
    rows = weight.detach().flatten(1)
    return bool((rows - rows.mean(dim=0)).norm() <= ALIKE * rows.norm())


#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "symmetric-init": symmetric_init,
    "bad-init-scale": bad_init_scale,
    "vanishing-gradients": vanishing_gradients,
    "exploding-gradients": exploding_gradients,
    "dead-relu": dead_relu,
    "saturated-activations": saturated_activations,
}
