"""A sweep as one computation: the parameters of all runs are in one table, a row for each run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from lossbook.devices import resolve_device
from lossbook.experiment import Experiment, History
from lossbook.learners import (
    Look,
    Recorder,
    TorchLearner,
    Yardstick,
    check_batches,
    check_values,
    first_output,
    rehearse,
)
from lossbook.learners.feed import batches_of, load
from lossbook.loop import Loop
from lossbook.models import MLP, ConvNet
from lossbook.norms import row_norms
from lossbook.optim import OPTIMIZERS, Rule, batched
from lossbook.optim.base import lr_at
from lossbook.prediction import predict
from lossbook.progress import given_back, say_stopped, show_bar
from lossbook.randomness import may_draw
from lossbook.sweeps.stacked import losses, outputs, parameters
from lossbook.train import build, environment, measures

KINDS: dict[str, set[type]] = {
    "model": {MLP, ConvNet},
    "optimizer": {type(rule) for rule in OPTIMIZERS.values()},
    "loop": {Loop},
    "penalty": {type(None)},
    "clipping": {type(None)},
    "augment": {type(None)},
    "projection": {type(None)},
    "plateau": {type(None)},
    "stopping": {type(None)},
}  # field of an experiment -> the classes that a batched run can take, without their subclasses


@dataclass(frozen=True)
class StackedRuns:
    """Runs that differ only in their rows here."""

    experiments: list[Experiment]
    net: nn.Module  #: the architecture; its weights are overwritten at each look at a run
    flat: Tensor  #: the fresh weights, (runs, parameters)
    rules: list[tuple[slice, Rule]]  #: (rows of ``flat``, the rule that updates them)
    tensors: dict[str, Tensor]  #: the first run's data, as ``load`` gives them
    train_y: Tensor  #: (runs, N, ...)


def stack(experiments: list[Experiment], path: str) -> StackedRuns | None:
    """Experiments that differ at ``path``, as one; None if they must be run one by one.

    Raises:
        ValueError, TypeError: as :func:`lossbook.run` before its first step.
    """
    first, root = experiments[0], path.split(".")[0]
    reaches = root in ("optimizer", "data", "seed") or path.startswith("model.init")
    if not reaches or not all(map(_is_plain, experiments)):
        return None
    place = resolve_device(first.device), getattr(torch, first.dtype)
    nets = [build(each).to(*place) for each in (experiments if root in ("model", "seed") else [first])]
    tensors = load(first, *place)
    check_batches(first, len(tensors["train_x"]))
    targets = []
    for each in experiments if root == "data" else [first]:
        own = tensors if each is first else load(each, *place)
        if own is not tensors and not _differ_in_train_y(tensors, own):
            return None
        _rehearse(first, nets[0], own)
        targets.append(own["train_y"])
    for net in nets[1:]:
        _rehearse(first, net, tensors)
    rows = [nn.utils.parameters_to_vector(net.parameters()).detach() for net in nets]
    flat = torch.stack(rows).expand(len(experiments), -1).contiguous()
    rules = list(_rules([each.optimizer for each in experiments], flat))
    train_y = torch.stack(targets).expand(len(experiments), *targets[0].shape)
    return StackedRuns(experiments, nets[0], flat, rules, tensors, train_y)


def _rehearse(experiment: Experiment, net: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Do what :func:`lossbook.run` does with one batch before its first step."""
    size = experiment.batch_size
    x, val_x = tensors["train_x"][:size], tensors["val_x"][:size]
    output = first_output(net, lambda: predict(net, x), x)
    check_values(experiment, output, tensors)
    rehearse(experiment, output, tensors["train_y"][:size].cpu(), predict(net, val_x), tensors["val_y"][:size].cpu())


def train_together(stack: StackedRuns, progress: bool | None) -> list[History]:
    """The history of each experiment, as :func:`lossbook.run` gives it. Ctrl-C ends all of them early."""
    first, flat = stack.experiments[0], stack.flat
    states, feed = [rule.init(flat[runs]) for runs, rule in stack.rules], _feed(stack)
    recorder, yardsticks = Recorder(TorchLearner.numbers), _yardsticks(stack)
    bar = tqdm(total=first.steps, unit="step", disable=not show_bar(progress), leave=False)
    interrupted = False
    try:
        with bar:
            for step in range(first.steps):
                if step % first.eval_every == 0:
                    recorder.look(*_looks(stack, yardsticks, flat, step))
                flat, states, numbers = _step(stack, flat, states, step, *next(feed))
                recorder.step([lr_at(each.optimizer.lr, step) for each in stack.experiments], numbers)
                if bar.update():
                    recorder.tell(bar)
            recorder.look(*_looks(stack, yardsticks, flat, first.steps))
    except KeyboardInterrupt:
        interrupted = True
        say_stopped(len(recorder.steps), first.steps)
    where = environment(stack.flat.device)
    histories = recorder.histories(
        [
            {
                "environment": where | measures(experiment),
                "chance": yardstick.chance,
                "interrupted": interrupted,
                "batched": True,
            }
            for experiment, yardstick in zip(stack.experiments, yardsticks, strict=True)
        ]
    )
    return given_back(histories, interrupted)


def _rules(rules: list[Rule], flat: Tensor) -> Iterator[tuple[slice, Rule]]:
    """One rule for neighbouring runs that differ only in the learning rate; yields (their rows, the rule).

    Every other setting stays a Python number, as in a single run: in single precision 1 - β would be too coarse.
    """
    start = 0
    for stop in range(1, len(rules) + 1):
        if stop == len(rules) or replace(rules[stop], lr=0.0) != replace(rules[start], lr=0.0):
            runs = slice(start, stop)
            yield runs, batched(rules[runs], flat[runs])
            start = stop


def _is_plain(experiment: Experiment) -> bool:
    """Whether a batched run can do what this run does, and no run of a stack would change another."""
    own, model = (experiment.loss, experiment.reference), cast(Any, experiment.model)
    return (
        all(type(getattr(experiment, name)) in kinds for name, kinds in KINDS.items())
        and not any(may_draw(loss) or getattr(loss, "reduction", "") == "none" for loss in own)  # all of it is known
        and not np.any(model.dropout)
        and getattr(model, "norm", None) != "batch"
        and experiment.loop == Loop()
    )


def _differ_in_train_y(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    """Whether the data of two runs differ at most in the values of the training targets."""
    same_kind = a["train_y"].shape == b["train_y"].shape and a["train_y"].dtype == b["train_y"].dtype
    return same_kind and a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a if name != "train_y")


def _feed(stack: StackedRuns) -> Iterator[tuple[Tensor, Tensor]]:
    """One batch after another, inputs and targets (runs, N, ...); one order for all runs if they have one seed."""
    first, x, y = stack.experiments[0], stack.tensors["train_x"], stack.train_y
    seeds = [each.seed for each in stack.experiments]
    orders = [batches_of(replace(first, seed=seed), len(x)) for seed in (seeds if len(set(seeds)) > 1 else seeds[:1])]
    run = torch.arange(len(y), device=x.device)[:, None]
    while True:
        index = torch.from_numpy(np.stack([next(order) for order in orders])).to(x.device)  # (runs or 1, N)
        rows = x.index_select(0, index.flatten()).view(*index.shape, *x.shape[1:])  # whole rows, quicker than x[index]
        yield rows.expand(len(y), *rows.shape[1:]), y[run, index]


def _step(
    stack: StackedRuns, flat: Tensor, states: list[Any], step: int, x: Tensor, y: Tensor
) -> tuple[Tensor, list[Any], Tensor]:
    """The next parameters and states; loss, gradient's norm and ‖Δθ‖ / ‖θ‖ of each run, (3, runs)."""
    params = {name: param.requires_grad_() for name, param in parameters(stack.net, flat).items()}
    loss_fn: Any = stack.experiments[0].loss
    loss = losses(loss_fn, outputs(stack.net, params, x), y)
    grads = torch.autograd.grad(loss.sum(), list(params.values()))  # no run's loss depends on another's parameters
    grad = torch.cat([part.flatten(1) for part in grads], dim=1)
    updates = [
        rule.update(grad[runs], state, flat[runs], lr=lr_at(rule.lr, step))
        for (runs, rule), state in zip(stack.rules, states, strict=True)
    ]
    deltas = [delta for delta, _ in updates]
    moved = flat + (torch.cat(deltas) if len(deltas) > 1 else deltas[0])
    ratio = row_norms(moved - flat) / row_norms(flat)
    return moved, [state for _, state in updates], torch.stack([loss.detach().to(ratio), row_norms(grad), ratio])


def _yardsticks(stack: StackedRuns) -> list[Yardstick]:
    """The yardstick of each run: its own training targets, and the other data, which all runs share."""
    first, data = stack.experiments[0], stack.tensors
    return [Yardstick(first, data | {"train_y": train_y}) for train_y in stack.train_y]


def _looks(stack: StackedRuns, yardsticks: list[Yardstick], flat: Tensor, step: int) -> list[Look]:
    """Measure each run, as in a single run."""
    net, looks = stack.net, []

    def output(x: Tensor) -> Tensor:
        return predict(net, x)

    for weights, yardstick in zip(flat, yardsticks, strict=True):
        nn.utils.vector_to_parameters(weights, net.parameters())
        looks.append(yardstick.look(step, output, output))
    return looks
