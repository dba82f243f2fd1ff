"""Decisive tests for causes in the model's structure."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from lossbook.copying import copied_model
from lossbook.probes.answers import class_axis, value_of
from lossbook.probes.base import Finding, Probe, Setup, output_of, quiet
from lossbook.probes.capacity import capacity_too_small
from lossbook.probes.reach import Reach, reach

BEYOND = 0.05  # share of the targets out of reach; matching outputs: 0; a sigmoid for the values of digits: 0.8
BORDER = 1e-2  # share of the targets' spread, by which a target may lie beyond: it is as good as met
AFFINE = 1e-3  # error of the superposition; ReLU nets: at least 0.1; affine maps: at most 1e-5
ALIKE = 1e-4  # spread of a layer's rows over their size; drawn weights: about 1; equal ones: at most 1e-6


def unregistered_layers(setup: Setup) -> Finding:
    """Walk from the output back along the graph to the parameters in use, and look which the optimiser does not hold.

    Parameters in a list, a dict or a closure take part in forward, and parameters() does not know them. It decides,
    since nothing else lets a parameter take part in the output and stay out of both lists.
    """
    model, optimizer = setup.start.copy()
    known = {id(param) for group in optimizer.param_groups for param in group["params"]}
    known |= {id(param) for param in model.parameters()}
    hidden = [leaf for leaf in _leaves(model, setup.batches[0][0]) if id(leaf) not in known]
    numbers = sum(leaf.numel() for leaf in hidden)
    return Finding(bool(hidden), f"{numbers} numbers of {len(hidden)} parameters in use are not in parameters()")


def graph_detached(setup: Setup) -> Finding:
    """Take the gradient of one batch's loss, and list the parameters that require one and get none.

    A gradient of None, unlike one of zero, says that no path leads from the parameter to the loss.
    """
    needed = {name for name, param in setup.start.model.named_parameters() if param.requires_grad}
    grads = setup.gradients(setup.start.model, setup.batches[0])
    cut = [name for name in grads if name in needed and grads[name] is None]
    return Finding(bool(cut), f"{len(cut)} of {len(needed)} parameters have no gradient after backward")


def output_activation_mismatch(setup: Setup) -> Finding:
    """Drive the last layer far up and down, and compare what comes out with the targets.

    An output without activation reaches any number then; a sigmoid stays in 0..1 whatever is learned, and a ReLU stays
    above 0. Targets beyond what can come out cannot be met. Only for targets that are numbers which the outputs should
    equal: classes are none, and some losses want something else, as logarithms.
    """
    output, y = output_of(setup.start.model, setup.batches[0][0]), setup.batches[0][1]
    if class_axis(setup.loss, output, y) is not None or output.numel() != y.numel():
        return Finding(False, "the targets are classes, or not as many numbers as the outputs")
    ends = reach(setup.start.model, setup.batches[0][0])
    if ends is None or ends == Reach():
        return Finding(False, "the outputs reach any number")
    targets = torch.cat([y for _, y in setup.batches])
    target = targets.to(output).reshape(-1, *output.shape[1:])
    slack = BORDER * float(target.std(unbiased=False))
    share = float(((target < ends.low - slack) | (target > ends.high + slack)).float().mean())
    reading = f"{share:.0%} of the targets lie beyond the outputs' range, {ends.low:.3g} to {ends.high:.3g}"
    # what the loss wants is the targets themselves: it rises on the way to the outputs' ends, and on the other side too
    near = target.clamp(*ends)
    at, short, past = (value_of(setup.loss, made, targets) for made in (target, near, 2 * target - near))
    lowest = None not in (at, short, past) and at < min(short, past)  # type: ignore[operator, type-var]
    return Finding(share > BEYOND and lowest, reading)


def batch_mixing(setup: Setup) -> Finding:
    """Differentiate the first example's output by the inputs, in eval mode: only its own may have a gradient.

    In exact arithmetic and in floats alike, an example that has no part in another one's output has a gradient of 0
    there. In train mode batch norm mixes examples on purpose; in eval mode it does not.
    """
    x, model = setup.batches[0][0].detach().clone(), copied_model(setup.start.model)
    if not x.is_floating_point():
        return Finding(False, "the inputs are not numbers that can be differentiated by")
    with quiet(model):
        output = model.eval()(x.requires_grad_().clone())[0].flatten()  # a copy, for what works in place
    if output.grad_fn is None:
        return Finding(False, "no gradient comes back to the inputs")
    weights = torch.arange(1, len(output) + 1).to(output)  # a plain sum of probabilities would be constant
    (grad,) = torch.autograd.grad((weights * output).sum(), x, allow_unused=True)
    if grad is None:
        return Finding(False, "no gradient comes back to the inputs")
    others = int(grad[1:].flatten(1).any(dim=1).sum())
    return Finding(others > 0, f"the first example's output depends on {others} others of its batch")


def symmetric_init(setup: Setup) -> Finding:
    """Compare the rows of each weight matrix, each the weights of one unit: equal at the start and still now.

    Equal units get equal gradients, so that they stay one unit for ever. A last layer that starts at zero is no such
    case: each of its rows has a target of its own, and moves by itself.
    """
    start, now = (dict(state.model.named_parameters()) for state in (setup.start, setup.now))
    alike = [name for name in start if name in now and _alike(start[name]) and _alike(now[name])]
    return Finding(bool(alike), f"{len(alike)} weight matrices have equal rows from start to end")


def missing_nonlinearity(setup: Setup) -> Finding:
    """Test f(a) + f(b) - f(0) = f(a + b) on inputs of the data's size: only an affine map passes.

    A model of one layer is meant to be affine; two or more can only be so by mistake. Classes whose logits are never
    below zero, however the last layer is stretched, have a ReLU behind them.
    """
    model, (x, y) = setup.start.model, setup.batches[0]
    if class_axis(setup.loss, output_of(model, x), y) is not None and reach(model, x) == Reach(low=0.0):
        return Finding(True, "no logit is ever below zero, whatever the last layer gives")
    if not x.is_floating_point() or sum(param.ndim > 1 for param in model.parameters()) < 2 or len(x) < 2:
        return Finding(False, "the model has one layer of weights, or takes no numbers")
    a, b = x[: len(x) // 2], x[len(x) // 2 : len(x) // 2 * 2]
    zero, left, right, both = _exact(model, 0 * a, a, b, a + b)
    size = float((both - zero).norm())
    if size == 0:
        return Finding(False, "the output is constant")
    error = float((left + right - zero - both).norm()) / size
    return Finding(error < AFFINE, f"f(a) + f(b) - f(0) differs from f(a + b) by {error:.2g} of its size")


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


def _alike(weight: Tensor) -> bool:
    """Whether all rows of a weight matrix are the same."""
    if weight.ndim < 2 or len(weight) < 2:
        return False
    rows = weight.detach().flatten(1)
    return bool((rows - rows.mean(dim=0)).norm() <= ALIKE * rows.norm())


#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "unregistered-layers": unregistered_layers,
    "graph-detached": graph_detached,
    "output-activation-mismatch": output_activation_mismatch,
    "batch-mixing": batch_mixing,
    "symmetric-init": symmetric_init,
    "missing-nonlinearity": missing_nonlinearity,
    "capacity-too-small": capacity_too_small,
}
