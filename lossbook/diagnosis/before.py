"""A check-up of a training before it begins."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from torch import nn
from torch.optim import Optimizer

from lossbook import checks
from lossbook.causes import CAUSES
from lossbook.diagnosis.budget import Budget
from lossbook.diagnosis.dependence import a_few_steps_on
from lossbook.diagnosis.diagnose import diagnosed, progress_of, undisturbed
from lossbook.diagnosis.one_batch import CHECKS, checks_of
from lossbook.diagnosis.parts import NoCall, case_of_parts
from lossbook.diagnosis.report import Report
from lossbook.evidence.reading import first_batches, iter_is_used_up
from lossbook.probes import PROBES, Probe

BATCHES = 8  # that are read
MOST_STEPS = 130  # of a test that is made: more would be a training
GROUPS = ("data", "model", "objective")  # in which a cause can be seen before the training begins


def checkup(
    model: nn.Module,
    loss_fn: Callable[..., Any] | None,
    loader: Iterable[Any],
    optimizer: Optimizer | None = None,
    *,
    budget: float = 60.0,
    seed: int | None = None,
    steps: int | None = None,
    progress: bool | None = None,
) -> Report:
    """Look at a training before it begins: shapes, first loss, gradients, dependences, and whether it learns anything.

    All is tried on copies. The model, its modes and its gradients, the optimiser, and every generator of random numbers
    are afterwards as they were.

    Args:
        model: what is to be trained.
        loss_fn: ``loss_fn(output, target)``; None if the model gives its own loss.
        loader: a ``DataLoader`` or a list of batches: pairs (inputs, target), dicts, or whatever the model takes.
        optimizer: as it will train; by default Adam with a learning rate of 1e-3.
        budget: seconds of experiments; passed by one of them at most.
        seed: of the random numbers that they draw; by default 0.
        steps: of training in the experiments at most, in the place of ``budget``: the report then repeats.
        progress: whether to show a bar; by default in a terminal and in a live notebook.

    Raises:
        TypeError: a part of another kind.
        ValueError: a budget below 0; a seed or a number of steps that is none.

    >>> import torch
    >>> x = torch.randn(32, 3, generator=torch.Generator().manual_seed(0))
    >>> net = torch.nn.Linear(3, 1)
    >>> report = checkup(net, torch.nn.MSELoss(), [(x, x.sum(1))], steps=0)
    >>> report.healthy, report.findings[0].cause  # outputs of shape (32, 1), targets of shape (32,)
    (False, 'broadcast-loss')
    """
    line = "Write checkup(model, loss_fn, loader, optimizer), in this order."
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch module, got {type(model).__name__}. {line}")
    if loss_fn is not None and (isinstance(loss_fn, type) or not callable(loss_fn)):
        raise TypeError(f"loss_fn must be a function of (output, target), got {type(loss_fn).__name__}. {line}")
    if not isinstance(loader, Iterable):
        raise TypeError(f"loader must give batches, got {type(loader).__name__}. {line}")
    if optimizer is not None and not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer must be one of torch.optim, got {type(optimizer).__name__}. {line}")
    seed = 0 if seed is None else seed
    checks.seed("seed", seed)
    purse = Budget(budget, steps=steps)
    if iter_is_used_up(loader):
        return _nothing(
            "The loader can be read only once, and is needed for the training: give a DataLoader or a list."
        )
    try:
        read = first_batches(loader, BATCHES)
    except Exception as error:  # of the reader's data set
        return _nothing(f"The loader raised {type(error).__name__}: {str(error).partition(chr(10))[0]}")
    if not read:
        return _nothing("The loader yields no batch.")
    with undisturbed():
        try:
            case = case_of_parts(model, loss_fn, read, optimizer)
        except (NoCall, TypeError) as error:
            return _nothing(str(error))
        probes = _that_can_tell()
        with progress_of(len(CHECKS) + len(probes), progress) as tick:
            made = tuple(checks_of(case, budget=purse, tick=tick))
            if made[0].passed is False:  # no number that could be trained on
                case = replace(case, loss=None, loss_of=None)
            else:
                case = replace(case, now=a_few_steps_on(case))
            return diagnosed(case, purse, seed=seed, checks=made, probes=probes, tick=tick)


def _that_can_tell() -> dict[str, Probe]:
    return {
        cause: probe
        for cause, probe in PROBES.items()
        if CAUSES[cause].group in GROUPS
        and probe.steps <= MOST_STEPS
        and not {"held-out examples", "losses", "update ratios", "metric", "learning rates"} & set(probe.needs)
    }


def _nothing(why: str) -> Report:
    return Report(None, healthy=False, notes=(why,))
