"""Decisive tests for causes in the model's structure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lossbook.copying import copied_model
from lossbook.probes.base import Probe, Reading, Setup, State, output_of, quiet
from lossbook.probes.made_up import class_axis, value_of
from lossbook.probes.output_range import Reach, reach
from lossbook.randomness import OwnGenerators

BEYOND = 0.05  # share of the targets out of reach; matching outputs: 0; a sigmoid for the values of digits: 0.8
BORDER = 1e-2  # share of the targets' spread, by which a target may lie beyond: it is as good as met
AFFINE = 1e-3  # error of the superposition; ReLU nets: at least 0.1; affine maps: at most 1e-5
STUCK = 0.5  # loss at the end over that at the start; at most 0.5 for healthy runs, but for those at an entropy
STILL = 0.9  # loss after more steps over that before, below which it falls on; too small: at least 0.97
LR = 3e-3  # of Adam
FEW = 4  # examples to learn by heart
HELPED = 0.5  # loss with a wide net beside the model over that without; too small: at most 0.25; others: at least 0.75
STEPS = 120  # of each training


def unregistered_layers(setup: Setup) -> Reading:
    """Walk from the output back along the graph to the parameters in use, and look which the optimiser does not hold.

    Parameters in a list, a dict or a closure take part in forward, and parameters() does not know them. It decides,
    since nothing else lets a parameter take part in the output and stay out of both lists.
    """
    model, optimizer = setup.start.copy()
    known = {id(param) for group in optimizer.param_groups for param in group["params"]}
    known |= {id(param) for param in model.parameters()}
    hidden = [leaf for leaf in _leaves(model, setup.batches[0][0]) if id(leaf) not in known]
    numbers = sum(leaf.numel() for leaf in hidden)
    return Reading(bool(hidden), f"{numbers} numbers of {len(hidden)} parameters in use are not in parameters()")


def graph_detached(setup: Setup) -> Reading:
    """Take the gradient of one batch's loss, and list the parameters that require one and get none.

    A gradient of None, unlike one of zero, says that no path leads from the parameter to the loss.
    """
    needed = {name for name, param in setup.start.model.named_parameters() if param.requires_grad}
    grads = setup.gradients(setup.start.model, setup.batches[0])
    cut = [name for name in grads if name in needed and grads[name] is None]
    return Reading(bool(cut), f"{len(cut)} of {len(needed)} parameters have no gradient after backward")


def output_activation_mismatch(setup: Setup) -> Reading:
    """Drive the last layer far up and down, and compare what comes out with the targets.

    An output without activation reaches any number then; a sigmoid stays in 0..1 whatever is learned, and a ReLU stays
    above 0. Targets beyond what can come out cannot be met. Only for targets that are numbers which the outputs should
    equal: classes are none, and some losses want something else, as logarithms.
    """
    output, y = output_of(setup.start.model, setup.batches[0][0]), setup.batches[0][1]
    if class_axis(setup.loss, output, y) is not None or output.numel() != y.numel():
        return Reading(False, "the targets are classes, or not as many numbers as the outputs")
    ends = reach(setup.start.model, setup.batches[0][0])
    if ends is None or ends == Reach():
        return Reading(False, "the outputs reach any number")
    targets = torch.cat([y for _, y in setup.batches])
    target = targets.to(output).reshape(-1, *output.shape[1:])
    slack = BORDER * float(target.std(unbiased=False))
    share = float(((target < ends.low - slack) | (target > ends.high + slack)).float().mean())
    reading = f"{share:.0%} of the targets lie beyond the outputs' range, {ends.low:.3g} to {ends.high:.3g}"
    # what the loss wants is the targets themselves: it rises on the way to the outputs' ends, and on the other side too
    near = target.clamp(*ends)
    at, short, past = (value_of(setup.loss, made, targets) for made in (target, near, 2 * target - near))
    lowest = None not in (at, short, past) and at < min(short, past)  # type: ignore[operator, type-var]
    return Reading(share > BEYOND and lowest, reading)


def batch_mixing(setup: Setup) -> Reading:
    """Differentiate the first example's output by the inputs, in eval mode: only its own may have a gradient.

    In exact arithmetic and in floats alike, an example that has no part in another one's output has a gradient of 0
    there. In train mode batch norm mixes examples on purpose; in eval mode it does not.
    """
    x, model = setup.batches[0][0].detach().clone(), copied_model(setup.start.model)
    if not x.is_floating_point():
        return Reading(False, "the inputs are not numbers that can be differentiated by")
    with quiet(model):
        output = model.eval()(x.requires_grad_().clone())[0].flatten()  # a copy, for what works in place
    if output.grad_fn is None:
        return Reading(False, "no gradient comes back to the inputs")
    weights = torch.arange(1, len(output) + 1).to(output)  # a plain sum of probabilities would be constant
    (grad,) = torch.autograd.grad((weights * output).sum(), x, allow_unused=True)
    if grad is None:
        return Reading(False, "no gradient comes back to the inputs")
    others = int(grad[1:].flatten(1).any(dim=1).sum())
    return Reading(others > 0, f"the first example's output depends on {others} others of its batch")


def missing_nonlinearity(setup: Setup) -> Reading:
    """Test f(a) + f(b) - f(0) = f(a + b) on inputs of the data's size: only an affine map passes.

    A model of one layer is meant to be affine; two or more can only be so by mistake. Classes whose logits are never
    below zero, however the last layer is stretched, have a ReLU behind them.
    """
    model, (x, y) = setup.start.model, setup.batches[0]
    if class_axis(setup.loss, output_of(model, x), y) is not None and reach(model, x) == Reach(low=0.0):
        return Reading(True, "no logit is ever below zero, whatever the last layer gives")
    if not x.is_floating_point() or sum(param.ndim > 1 for param in model.parameters()) < 2 or len(x) < 2:
        return Reading(False, "the model has one layer of weights, or takes no numbers")
    a, b = x[: len(x) // 2], x[len(x) // 2 : len(x) // 2 * 2]
    zero, left, right, both = _exact(model, 0 * a, a, b, a + b)
    size = float((both - zero).norm())
    if size == 0:
        return Reading(False, "the output is constant")
    error = float((left + right - zero - both).norm()) / size
    return Reading(error < AFFINE, f"f(a) + f(b) - f(0) differs from f(a + b) by {error:.2g} of its size")


def capacity_too_small(setup: Setup) -> Reading:
    """Where the loss is stuck: learn four examples by heart, then train the fresh model, and it with a wide net beside.

    That a few examples are learned shows that the training works. That the sum of the model and a wide net learns
    what the model alone does not shows that the model is too small. Both are trained by Adam from fresh weights, with
    no penalty, so that what the training did to the model, or left out, does not count.
    """
    losses, (x, y) = np.array(setup.history.loss), (part[:FEW] for part in setup.batches[0])
    end = float(losses[-len(losses) // 4 :].mean())
    level = _ratio(end, losses[0])
    if not level > STUCK:
        return Reading(False, f"the loss is not stuck: it ends at {level:.2f} of its start")
    _, few = replace(setup, batches=((x, y),)).train(setup.start, STEPS)
    if not _ratio(few[-1], few[0]) < STUCK:
        return Reading(False, f"four examples are not learned either: {few[0]:.2g} to {few[-1]:.2g}")
    more = _end(setup, setup.now)
    if not _ratio(more, end) > STILL:
        return Reading(False, f"the loss is not stuck: {STEPS} more steps take it from {end:.2g} to {more:.2g}")
    free = replace(setup, experiment=replace(setup.experiment, penalty=None))
    alone, helped = (
        _end(free, State(model.requires_grad_(True), torch.optim.Adam(model.parameters(), lr=LR)))
        for model in (copied_model(setup.start.model), _Beside(setup.start.model, x))
    )
    reading = f"stuck at {level:.2f} of its start; Adam takes it to {alone:.2g}, with a wide net beside the model to"
    return Reading(_ratio(helped, alone) < HELPED, f"{reading} {helped:.2g}")


def _leaves(model: nn.Module, x: Tensor) -> list[nn.Parameter]:
    """The parameters from which the output is computed, in eval mode, as the graph behind it has them."""
    with quiet(model), torch.enable_grad():
        output = model.eval()(x)
    behind, seen, found = [output.grad_fn], set[Any](), list[nn.Parameter]()
    while behind:
        node = behind.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        behind += [before for before, _ in node.next_functions]
        if isinstance(leaf := getattr(node, "variable", None), nn.Parameter):
            found.append(leaf)
    return found


def _exact(model: nn.Module, *inputs: Tensor) -> list[Tensor]:
    """The outputs in double precision, or, of a model that makes numbers of its own precision, in that one."""
    try:
        return [output_of(copied_model(model).double(), x.double()) for x in inputs]
    except RuntimeError:
        return [output_of(model, x) for x in inputs]


def _end(setup: Setup, state: State) -> float:
    """The mean loss of the last quarter of ``STEPS`` steps."""
    return float(setup.train(state, STEPS)[1][-STEPS // 4 :].mean())


class _Beside(nn.Module):
    """The sum of a model and a wide net on the flattened input, which starts at zero."""

    def __init__(self, model: nn.Module, x: Tensor) -> None:
        super().__init__()
        self.model, output = copied_model(model), output_of(model, x)
        shape = output.shape[1:]
        with torch.device("cpu"), OwnGenerators(0, torch.float32):
            last = nn.Linear(64, shape.numel())
            self.wide = nn.Sequential(nn.Flatten(), nn.Linear(x[0].numel(), 64), nn.ReLU(), last).to(output)
        for param in last.parameters():
            nn.init.zeros_(param)

    def forward(self, x: Tensor) -> Tensor:
        output = self.model(x)
        return output + self.wide(x.to(output)).reshape(output.shape)  # tokens are whole numbers


def _ratio(after: float, before: float) -> float:
    return float(after) / float(before) if before else float("nan")


#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "unregistered-layers": unregistered_layers,
    "graph-detached": graph_detached,
    "output-activation-mismatch": output_activation_mismatch,
    "batch-mixing": batch_mixing,
    "missing-nonlinearity": missing_nonlinearity,
    "capacity-too-small": capacity_too_small,
}
