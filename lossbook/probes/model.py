"""Decisive tests for causes in the model's structure."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from lossbook.copying import copied_model
from lossbook.evidence import Batch, Case, unwrapped
from lossbook.evidence.replay import gradients, loss_on, output_of
from lossbook.probes import model_mends as mends
from lossbook.probes import too_small
from lossbook.probes.affine import superposition
from lossbook.probes.base import Limit, Probe, Reading, after, decided, missing
from lossbook.probes.dependence import first_axis_is_the_batchs, is_of_pairs, one_output, others, takes
from lossbook.probes.flat_steps import cut_by_flat_steps
from lossbook.probes.inputs import redrawn
from lossbook.probes.logits import are_logits_with_ends, held_up
from lossbook.probes.made_up import class_axis, cost_of_one_answer, value_of
from lossbook.probes.one_for_all import or_one_for_all
from lossbook.probes.output_range import Reach, reach
from lossbook.probes.outputs import of_outputs
from lossbook.probes.reached import told_by_steps
from lossbook.probes.state_cut import cut_in_time
from lossbook.probes.time_first import tokens_moved_by_others
from lossbook.probes.without_offsets import or_without_offsets

#: name -> what a test compares with, and the runs between which it stands
LIMITS: dict[str, Limit] = {
    "beyond": Limit(0.05, ("all", 0.0), ("output-activation-mismatch", 0.78)),  # share of the targets
    "affine": Limit(1e-3, ("all", 0.054), ("missing-nonlinearity", 6.8e-9)),  # error of the superposition
    **too_small.LIMITS,
}
BEYOND, AFFINE = (LIMITS[name].value for name in ("beyond", "affine"))
# of what knowing nothing costs, which outputs that cannot reach some targets may: noise 0.08; of a normal distribution
# that is cut off at one deviation 0.15, a ReLU 0.5
LITTLE = 0.12
ENOUGH = 0.1  # of that cost, below which an affine map is all that a task asks for; where it is too little 0.7 and more
BORDER = 1e-2  # share of the targets' spread, by which a target may lie beyond: it is as good as met
SAME = 1e-4  # relative difference of outputs that are equal but for rounding
UNKNOWN_RANGE = "the targets are classes, or not as many numbers as the outputs"


def unregistered_layers(case: Case) -> Reading:
    """Walk from the output back along the graph to the parameters in use, and look which the optimiser does not hold.

    Parameters in a list, a dict or a closure take part in forward, and parameters() does not know them. It decides,
    since nothing else lets a parameter take part in the output and stay out of both lists.
    """
    hidden = mends.hidden_parameters(case.start.copy(shared=[]), case.batches[0])
    if hidden is None:
        return Reading("cannot tell", "no gradient comes back from the output")
    numbers = sum(leaf.numel() for leaf in hidden)
    sentence = f"{numbers} numbers of {len(hidden)} parameters in use are not in parameters()"
    return decided(bool(hidden), sentence, len(hidden), 0)


def graph_detached(case: Case) -> Reading:
    """List the trained parameters that get no gradient from one batch's loss, and move them: the loss moves with them.

    A gradient of None, unlike one of zero, says that no path leads from the parameter to the loss. If the loss depends
    on it all the same, the path was cut; else it is not used, which may be on purpose. Where the model is called and no
    backward pass ever gave any of its parameters a gradient, the path to all of them was cut; see ``told_by_steps``.
    """
    if (reading := told_by_steps(case) or missing(case, _WITH_LOSS)) is not None:
        return reading
    model, batch = unwrapped(case.start.model), case.batches[0]
    trained = {id(param) for group in case.start.groups for param in group["params"]}
    needed = [name for name, param in case.start.model.named_parameters() if param.requires_grad]
    held = {name for name, param in model.named_parameters() if param.requires_grad and id(param) in trained}
    cut = [name for name, grad in gradients(case, model, batch).items() if name in held and grad is None]
    sentence = f"{len(cut)} of {len(needed)} parameters have no gradient after backward"
    if not cut:
        return cut_in_time(case) or Reading("not found", sentence, 0, 0)
    moved = copied_model(model, shared=[])
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name in cut:
            param = moved.get_parameter(name)
            param.add_(torch.randn(param.shape, generator=generator).to(param))
    if loss_on(case, model, batch) == loss_on(case, moved, batch):
        return Reading("not found", f"{sentence}, and the loss does not depend on them", len(cut), 0)
    return Reading("found", sentence, len(cut), 0)


@of_outputs
def output_activation_mismatch(case: Case, output: Tensor, y: Tensor) -> Reading:
    """Drive the last layer far up and down, and compare what comes out with the targets.

    A sigmoid stays in 0..1 whatever is learned, and a ReLU above 0. Only for targets that are numbers which the outputs
    should equal: some losses want others, as logarithms. Limit ``BEYOND``; of the loss ``LITTLE``. Classes whose logits
    are never below zero have a ReLU behind them; of other ends :func:`~lossbook.probes.logits.held_up` compares losses.
    """
    ends = reach(unwrapped(case.start.model), case.batches[0])
    if ends == Reach(low=0.0) and class_axis(case.loss, output, y) is not None:
        return Reading("found", "no logit is ever below zero, whatever the last layer gives")
    if ends is not None and are_logits_with_ends(case, output, y, ends):
        return held_up(case, output, y, ends)
    if class_axis(case.loss, output, y) is not None or output.numel() != y.numel():
        return Reading("does not apply", UNKNOWN_RANGE)
    if ends is None or ends == Reach():
        return Reading("not found", "the outputs reach any number", 0.0, BEYOND)
    targets = torch.cat([batch.target for batch in case.batches])
    target = targets.to(output).reshape(-1, *output.shape[1:])
    beyond = (target - target.clamp(*ends)).abs() > BORDER * target.std(unbiased=False)
    share = float(beyond.float().mean())
    named = [f"{name} {end:.3g}" for name, end in zip(("from", "to"), ends, strict=True) if math.isfinite(end)]
    sentence = f"{share:.0%} of the targets lie beyond the outputs' range, {' '.join(named)}"
    # the loss wants the targets themselves if it rises on the way to the outputs' ends, and on the other side too
    near = target.clamp(*ends)
    made = (target, near, 2 * target - near, target.mean(0, keepdim=True).expand_as(target))
    at, short, past, mean = (value_of(case.loss, each, targets) for each in made)
    lowest = None not in (at, short, past) and at < min(short, past)  # type: ignore[operator, type-var]
    costs = lowest and (mean is None or short - at > LITTLE * (mean - at))  # type: ignore[operator]
    return decided(share > BEYOND and costs, sentence, share, BEYOND)


def batch_mixing(case: Case) -> Reading:
    """Differentiate the outputs of the first and the last example by the inputs, in eval mode: only their own count.

    An example that has no part in another one's output has a gradient of 0 there. In train mode batch norm mixes them
    on purpose, and models that do not take half of their batch, or compare pairs, may. Tokens are replaced.
    """
    model = unwrapped(case.start.model)
    batch = one_output(model, case)
    output = output_of(model, batch)
    if batch.size < 4:
        return Reading("cannot tell", "a batch of less than four examples was seen")
    if not isinstance(output, Tensor) or not output.ndim or len(output) != batch.size:
        return Reading("does not apply", "the output is not one tensor with a row for each example")
    if batch.x is None:
        change, size = tokens_moved_by_others(model, case, batch, output), float(output.abs().max())
        sentence, limit = f"other examples in the batch move an output by {change:.2g}", SAME * size
    else:
        if (count := others(model, batch, 0)) is None:
            return Reading("cannot tell", "no gradient of finite numbers comes back to the inputs")
        sentence, change, limit = f"the output of an example depends on {count} others of its batch", count, 0.0
        if count and not first_axis_is_the_batchs(case) and others(model, batch, 1) == 0:
            return Reading("cannot tell", f"{sentence}, if they stand on the first axis; on the second one, on none")
    if change > limit and not takes(model, batch.first(batch.size // 2)):
        return Reading("cannot tell", f"{sentence}; the model does not take half of the batch: this may be meant")
    if change > limit and is_of_pairs(model, batch, output):
        return Reading("not found", "each number of the output belongs to a pair of examples, and depends on these two")
    return decided(change > limit, sentence, change, limit)


@of_outputs
def missing_nonlinearity(case: Case, output: Tensor, y: Tensor) -> Reading:
    """Test f(a) - f(b) + f(0) = f(a - b) on inputs of the data's size: only an affine map passes. Limit ``AFFINE``.

    It is a difference, since a ReLU lets every sum pass where inputs are above zero. A sigmoid at the end is undone.
    A model of one layer is meant to be affine; two or more are so by mistake, unless the task asks for no more.
    """
    model, batch = unwrapped(case.start.model), case.batches[0]
    x = batch.x
    if x is None or len(x) != batch.size or len(x) < 2:
        return Reading("does not apply", "the inputs are not one tensor of measurements")
    if sum(param.ndim > 1 for param in model.parameters()) < 2:
        return Reading("does not apply", "the model has one layer of weights")
    error = _from_affine(model, batch, x)
    if error is not None and error < AFFINE:  # so is a net whose fresh weights are so small that no unit is switched
        error = _from_affine(redrawn(model), batch, x)
    if error is None:
        return Reading("cannot tell", "the output is the same for all inputs")
    sentence = f"f(a) - f(b) + f(0) differs from f(a - b) by {error:.2g} of its size"
    nothing = cost_of_one_answer(case, batch)
    if error < AFFINE and nothing and (last := loss_on(case, case.now.model, batch)) < ENOUGH * nothing:
        sentence = f"{sentence}; the loss has come down to {last:.2g}, and is {nothing:.2g} if all get the same answer"
        return decided(False, sentence, last / nothing, ENOUGH)
    return decided(error < AFFINE, sentence, error, AFFINE)


def _from_affine(model: nn.Module, batch: Batch, x: Tensor) -> float | None:
    """The error of f(a) - f(b) + f(0) = f(a - b), over the size of f(a - b) - f(0); None if that is zero."""
    half = len(x) // 2
    first, a, b = batch.first(half), x[:half], x[half : half * 2]
    zero, left, right, both = _exact(model, *(first.with_x(each) for each in (0 * a, a, b, a - b)))
    return superposition(zero, left, right, both)


def _exact(model: nn.Module, *batches: Batch) -> list[Tensor]:
    """The outputs in double precision, or, of a model that makes numbers of its own precision, in that one."""
    try:
        return [output_of(copied_model(model, shared=[]).double(), batch.with_x(batch.x.double())) for batch in batches]  # type: ignore[union-attr]
    except RuntimeError:
        return [output_of(model, batch) for batch in batches]


_WITH_LOSS = ("batches", "loss of batches", "optimizer")
_OUTPUTS = ("batches", "loss of outputs", "targets")

#: key of the cause -> its decisive test
ROWS: dict[str, Probe] = {
    "unregistered-layers": Probe(unregistered_layers, ("batches", "optimizer"), mend=mends.hidden_trained),
    "graph-detached": Probe(after(graph_detached, cut_by_flat_steps), mend=mends.not_cut),
    "output-activation-mismatch": Probe(output_activation_mismatch, _OUTPUTS, mend=mends.without_last_activation),
    "batch-mixing": Probe(or_without_offsets(or_one_for_all(batch_mixing)), ("batches",), mend=mends.one_by_one),
    "missing-nonlinearity": Probe(missing_nonlinearity, _OUTPUTS, mend=mends.with_activations),
    "capacity-too-small": Probe(
        too_small.capacity_too_small,
        ("losses", "loss of batches", *_OUTPUTS[::2]),
        8 * too_small.STEPS,
        mends.wide_net_beside,
    ),
}
NO_MEND: dict[str, str] = {}  #: key of the cause -> why it has none
