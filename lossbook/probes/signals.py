"""Decisive tests for causes in the signals that flow through the model: activations forward, gradients backward."""

from __future__ import annotations

import math
from contextlib import nullcontext
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from lossbook.copying import copied_model
from lossbook.loop import norm
from lossbook.probes.base import Finding, Probe, Setup, quiet

GROWTH = 10.0  # per layer, either way; healthy runs: at most 3.8; too large or too small weights: at least 14
FADED = 1e-3  # first gradient norm over last; healthy runs: at least 0.17; nine sigmoids: at most 5e-4
A_FEW = 5  # steps
GROWN = 70.0  # relative change of the loss over that of the weights; healthy runs: at most 26; exploding: at least 210
DEAD = 0.9  # share of a layer's units; healthy runs: up to 0.7, more than the field's thresholds of 0.5 to 0.7; dead: 1
SATURATED = 0.5  # share of a layer's pre-activations; healthy runs: at most 0.1; saturated: at least 0.8
FLAT = 5.0  # beyond it tanh and sigmoid have a slope of less than 1 %


class Layer(NamedTuple):
    """One call of a function within a forward pass."""

    name: str  # of the module, or of torch's function
    before: Tensor
    after: Tensor
    units: int = -1  # the axis on which the units stand


CONVOLVES = ("convolution", "_convolution")  # torch's functions that give (N, units, ...)
MULTIPLIES = ("linear", "addmm", "mm", "bmm", "baddbmm", "matmul")  # and those that give (..., units)


class _Watch(TorchDispatchMode):
    """Notes every call of torch's functions of these names, whether a module or a line of forward makes it."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.names, self.calls = names, list[Layer]()
        self.width, self.convolved = (
            0,
            False,
        )  # of the last product with weights: its units, and whether they come second

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.overloadpacket.__name__.rstrip("_")
        before = args[0].clone() if name in self.names else None
        after = func(*args, **(kwargs or {}))
        if name in CONVOLVES + MULTIPLIES:
            self.convolved = name in CONVOLVES
            self.width = after.shape[1 if self.convolved else -1]
        if before is not None:
            self.calls.append(Layer(name, before.detach(), after.detach().clone(), self._units(after)))
        return after

    def _units(self, after: Tensor) -> int:
        """The axis as long as the last layer is wide; of two, the one where that layer has put its units."""
        fits = [axis for axis in range(1, after.ndim) if after.shape[axis] == self.width]
        first = self.convolved or (not fits and after.ndim > 3)
        return (fits or [1 if first else after.ndim - 1])[0 if first else -1]


def activations(model: nn.Module, x: Tensor, *names: str) -> list[Layer]:
    """The calls of the activations of these names on the way of ``x``, in eval mode; the output's own is left out."""
    watch = _Watch(*names)
    output = _forward(copied_model(model), x, watch)
    last = output.flatten() if isinstance(output, Tensor) else None
    return [call for call in watch.calls if last is None or not torch.equal(call.after.flatten(), last)]


def layers(model: nn.Module, x: Tensor) -> list[Layer]:
    """The calls of the modules with a weight matrix on the way of ``x``, in eval mode."""
    model, calls = copied_model(model), list[Layer]()

    def note(name: str, inputs: Any, output: Any) -> None:
        if isinstance(output, Tensor) and isinstance(inputs[0], Tensor) and inputs[0].is_floating_point():
            calls.append(Layer(name, inputs[0].detach(), output.detach()))

    for name, module in model.named_modules():
        if isinstance(getattr(module, "weight", None), Tensor) and module.weight.ndim > 1:
            module.register_forward_hook(lambda _, inputs, output, name=name: note(name, inputs, output))
    _forward(model, x)
    return calls


def _forward(model: nn.Module, x: Tensor, watch: Any = None) -> Any:
    """The output in eval mode; with gradients, since without them torch takes short cuts past layers."""
    with quiet(model), torch.enable_grad(), watch or nullcontext():
        output = model.eval()(x)
    return output.detach() if isinstance(output, Tensor) else output


def bad_init_scale(setup: Setup) -> Finding:
    """Compare the size of what leaves each layer of the fresh model with the size of what enters it.

    A layer that makes its input ten times larger or smaller does so to every signal, forward and backward, and a few
    of them leave what a float holds. He's and Xavier's weights keep the size; torch's own halve it.
    """
    ratios = {}
    for name, before, after, _ in layers(setup.start.model, setup.batches[0][0]):
        if before.any() and after.any():
            ratios[name] = float(after.square().mean().sqrt() / before.square().mean().sqrt())
    if not ratios:
        return Finding(False, "no signal passes through a layer with weights")
    name = max(ratios, key=lambda name: max(ratios[name], 1 / ratios[name]))
    worst = max(ratios[name], 1 / ratios[name])
    way = "larger" if ratios[name] > 1 else "smaller"
    return Finding(worst > GROWTH, f"layer {name!r} makes its input {worst:.2g} times {way}, at the start")


def vanishing_gradients(setup: Setup) -> Finding:
    """Divide the gradient norm of the first layer by that of the last, before the first step and after a few.

    Layers that learn a thousand times more slowly than the last do not learn while it does. A last layer that starts at
    zero lets nothing through before the first step, and then it does; so the larger ratio counts.
    The threshold is the field's; AUTOTRAINER (ICSE 2021) takes the same.
    """
    models = setup.start.model, setup.train(setup.start, A_FEW)[0].model
    ratios = [ratio for model in models if (ratio := _first_over_last(setup, model)) is not None]
    if not ratios:
        return Finding(False, "no two layers with weights get a gradient")
    return Finding(max(ratios) < FADED, f"the first layer's gradient is {max(ratios):.2g} of the last one's")


def exploding_gradients(setup: Setup) -> Finding:
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
        return Finding(False, "there is no gradient, or no loss")
    change = float(norm(list(grads.values())) * norm([param.detach() for param in model.parameters()])) / loss
    return Finding(not change <= GROWN, f"one percent of the weights would change the loss by {change:.3g} percent")


def dead_relu(setup: Setup) -> Finding:
    """Count, in each layer of ReLUs, the units that are zero on all held-out examples; take the worst layer.

    A unit that is zero on all of them has no gradient on any of them, and never comes back. A unit is a neuron, at
    every place of a sequence, or a channel, of images as of signals. Healthy nets on digits lose more than half of
    theirs, so that the threshold is near all.
    """
    calls = activations(setup.now.model, setup.held_out[0][:500], "relu")
    if not calls:
        return Finding(False, "there is no hidden ReLU")
    units = [one.reshape(1, -1) if one.ndim < 2 else one.movedim(axis, 0).flatten(1) for _, _, one, axis in calls]
    share = max(float((unit <= 0).all(dim=1).float().mean()) for unit in units)
    return Finding(share > DEAD, f"{share:.0%} of the worst layer's ReLUs are zero on all examples")


def saturated_activations(setup: Setup) -> Finding:
    """Count, before each tanh and sigmoid within the model, the numbers outside of -5 to 5; take the worst layer.

    There the slope is below 1 %, and so is what is left of the gradient. The threshold is DeepDiagnosis' (ICSE 2022).
    """
    calls = activations(setup.now.model, setup.held_out[0][:500], "tanh", "sigmoid")
    if not calls:
        return Finding(False, "there is no hidden tanh or sigmoid")
    share = max(float((call.before.abs() > FLAT).float().mean()) for call in calls)
    return Finding(share > SATURATED, f"{share:.0%} of the worst layer's pre-activations lie outside of -5 to 5")


def _first_over_last(setup: Setup, model: nn.Module) -> float | None:
    """Gradient norm of the first weight matrix over that of the last; None where there is no such number."""
    grads = setup.gradients(model, setup.batches[0]).values()
    norms = [float(grad.norm()) for grad in grads if grad is not None and grad.ndim > 1]
    there = len(norms) > 1 and norms[-1] > 0 and all(map(math.isfinite, (norms[0], norms[-1])))
    return norms[0] / norms[-1] if there else None


#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "bad-init-scale": bad_init_scale,
    "vanishing-gradients": vanishing_gradients,
    "exploding-gradients": exploding_gradients,
    "dead-relu": dead_relu,
    "saturated-activations": saturated_activations,
}
