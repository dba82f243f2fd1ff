"""The trainer: ``run(experiment)`` gives a ``History``."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from dataclasses import fields
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn
from tqdm.auto import tqdm

from lossbook.checks import Array
from lossbook.devices import device_name, resolve_device
from lossbook.experiment import Experiment, History, is_numpy
from lossbook.learners import (
    Checkpoint,
    NumPyLearner,
    Reactions,
    Recorder,
    TorchLearner,
    Yardstick,
    build,
    check_batches,
    optimizer_of,
    placed,
    plain_torch,
    prepare,
    training_of,
)
from lossbook.learners.feed import batches_of, copied_inputs, load, load_arrays
from lossbook.learners.numpy_learner import check_parts
from lossbook.progress import ended_well, given_back, say_stopped, show_bar
from lossbook.randomness import own_draws

__all__ = ["Step", "build", "environment", "measures", "prepare", "run"]


class Step(NamedTuple):
    """One step of a run, as ``on_step`` gets it after the update."""

    number: int  #: steps done, this one included
    x: Any  #: the inputs of its batch, as the model got them
    y: Any  #: the targets
    loss: Any  #: of the batch, before the update; a torch tensor stays on the device, so that reading it waits
    training: Any  #: has ``model`` and ``optimizer``, or for a NumPy model ``params`` and ``states``


def run(
    experiment: Experiment,
    *,
    model: nn.Module | dict[str, Array] | None = None,
    optimizer: torch.optim.Optimizer | dict[str, Any] | None = None,
    progress: bool | None = None,
    on_step: Callable[[Step], Any] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
) -> History:
    """Train as ``experiment`` says: with torch, or with NumPy on the CPU if the model is one for NumPy.

    The model, the loss, the loop and the augmentation draw from the run's own generators: a run in one of several
    threads gives the same as a run alone, and torch's global generators are neither used nor moved. This holds for
    modules of your own too. Only compiled and scripted modules, ``DataParallel``, and modules that call
    ``torch.utils.checkpoint`` draw from the global generators; these are set to the seed, and at the end back to their
    old state, and such runs take turns. A run cannot control the global functions of NumPy or Python, such as
    ``np.random.rand``, nor what ``data.load()`` draws. Torch's default dtype, ``no_grad``, ``inference_mode`` and
    ``autocast`` around the call change nothing.

    Args:
        experiment: the run.
        model: the model to train, instead of fresh weights. Give one to keep the trained model, or to continue from
            trained weights. A module is trained in place, in the experiment's dtype. A module in eval mode is put in
            train mode. In a module in train mode, parts in eval mode stay so, such as a batch norm whose statistics
            shall not change. For a NumPy model, give the dict of its parameters, as its ``init`` makes it: when the run
            ends, the dict holds the trained arrays; the old arrays themselves are not changed.
        optimizer: only with ``model``: the optimiser that trains it, instead of a fresh one. It continues from its
            present state, its schedule too. :func:`lossbook.prepare` makes both. For a NumPy model, give the dict of
            states.
        on_step: called after each update with a :class:`Step`. If it returns something true, the run ends there, after
            a last look at the held-out data.
        checkpoint: a file that is written at each look. If it exists, the run continues from it, and gives the same
            history as one uninterrupted run, bit for bit on the same machine; ``steps`` may be larger than before. The
            loop must train the model and the optimiser that it was given, and have no state of its own.
        progress: show a bar with step, loss and steps per second. By default in a terminal and in a live notebook.

    Returns:
        The history. Ctrl-C ends the run early: the history up to there is returned, with ``interrupted`` set, and in a
            terminal a line on stderr says so.

    Raises:
        ValueError: the device is not there; labels outside 0..K-1, or NaN or infinity in the data; ``model`` has
            parameters of a wider dtype than the experiment; nothing can be trained; a batch that the model cannot take;
            a loss that is not one number; ``checkpoint`` belongs to another experiment.
        TypeError: ``model`` is not of the experiment's kind; a NumPy model with a part that needs torch; a model that
            gives anything but one tensor.
        KeyboardInterrupt: in a notebook, where Ctrl-C (■) thus stops "Run All", too. ``recorded`` of the error is the
            history; model and optimiser stand where the run ended.
    """
    if optimizer is not None and model is None:
        raise TypeError("optimizer must come with the model that it trains, model=..., got none: prepare() makes both.")
    if is_numpy(experiment.model):
        history = _run_numpy(experiment, model, optimizer, progress, on_step, checkpoint)
        return given_back(history, history.interrupted)
    if model is not None and not isinstance(model, nn.Module):
        got = "a dict" if isinstance(model, dict) else repr(model)
        raise TypeError(f"model must be a torch module, as {experiment.model!r} is torch's, got {got}.")
    if optimizer is not None and not isinstance(optimizer, torch.optim.Optimizer):
        raise TypeError(f"optimizer must be a torch.optim.Optimizer, as prepare() gives it, got {optimizer!r}.")
    device, dtype = resolve_device(experiment.device), getattr(torch, experiment.dtype)
    with plain_torch(device):
        tensors = load(experiment, device, dtype)
        check_batches(experiment, len(tensors["train_x"]))
        net = placed(build(experiment) if model is None else model, device, dtype, given=model is not None)
        made = optimizer or optimizer_of(experiment, net)
        learner = TorchLearner(experiment, training_of(experiment, net if net.training else net.train(), made), tensors)
        parts = [getattr(experiment, field.name) for field in fields(experiment) if field.name not in ("data", "model")]
        with own_draws(experiment.seed, device, net, *parts):
            learner.rehearse()
        with own_draws(experiment.seed, device, net, *parts) as draws:  # again from the seed
            history = _train(learner, environment(device), progress, on_step, checkpoint, draws)
    return given_back(history, history.interrupted)


def _run_numpy(
    experiment: Experiment, params: Any, states: Any, progress: bool | None, on_step: Any, checkpoint: Any
) -> History:
    check_parts(experiment)
    with np.errstate(all="ignore"):  # a diverging run may diverge
        arrays = load_arrays(experiment)
        learner = NumPyLearner(experiment, arrays, *(prepare(experiment) if params is None else (params, states)))
        check_batches(experiment, len(learner.data["train_x"]))
        learner.rehearse()
        here = environment(torch.device("cpu"))
        where = {name: here[name] for name in ("device", "device_name", "python", "lossbook")}
        history = _train(learner, where | {"numpy": np.__version__}, progress, on_step, checkpoint, {})
    for given, trained in ((params, learner.params), (states, learner.states)):
        if given is not None:
            given.update(trained)
    return history


def _train(
    learner: TorchLearner | NumPyLearner,
    environment: dict[str, Any],
    progress: bool | None,
    on_step: Callable[[Step], Any] | None,
    path: Any,
    draws: dict[torch.device, torch.Generator],
) -> History:
    """All steps of a run, recorded; Ctrl-C ends them early."""
    experiment, recorder, reactions = learner.experiment, Recorder(learner.numbers), Reactions(learner)
    yardstick, order = Yardstick(experiment, learner.data), batches_of(experiment, len(learner.data["train_x"]))
    noise = np.random.default_rng([experiment.seed, 1])  # for the augmentation
    saved = None if path is None else Checkpoint(path, learner, recorder, yardstick, reactions, noise, draws)
    start, ended = saved.restore() if saved is not None and saved.path.exists() else (None, False)
    for _ in range(start or 0):
        next(order)
    bar = tqdm(total=experiment.steps, initial=start or 0, unit="step", disable=not show_bar(progress), leave=False)
    interrupted = told_to_end = False
    try:
        with bar:
            for step in range(start or 0, experiment.steps + 1):
                last = step == experiment.steps or told_to_end
                if step != start and (last or step % experiment.eval_every == 0):  # a resumed run has looked here
                    recorder.look(look := yardstick.look(step, learner.predict, learner.validate))
                    ended = reactions.look(look.val_loss)
                    if saved is not None and not told_to_end:
                        saved.save(step, ended)
                if ended or last:
                    break
                x, y = learner.batch(next(order))
                if experiment.augment is not None:
                    x = experiment.augment.apply(x, noise)
                given = x if on_step is None else copied_inputs(x)  # a model may change its inputs in place
                numbers = learner.train(step, x, y)  # type: ignore[arg-type]  # each learner gets its own arrays
                recorder.step((learner.lr,), numbers)
                if on_step is not None and on_step(Step(step + 1, given, y, numbers[0], learner.training)):
                    told_to_end = True
                if bar.update():  # the bar was drawn, some ten times a second; only then wait for the device
                    recorder.tell(bar)
            recorder.tell(bar)
            reactions.finish()
            ended_well(bar)
    except KeyboardInterrupt:
        interrupted = True
        say_stopped(len(recorder.steps), experiment.steps)
    more = {"environment": environment | measures(experiment), "interrupted": interrupted, "chance": yardstick.chance}
    return recorder.histories([more])[0]


def measures(experiment: Experiment) -> dict[str, str]:
    """The units of a run's losses, and the name of its metric; an empty string where a part does not say.

    >>> from lossbook import data, losses, models, optim
    >>> sorted(measures(Experiment(data.Digits(), models.MLP(), losses.MSE(), optim.SGD(lr=0.1))))
    ['loss_unit', 'metric', 'reference_unit']
    """
    said = {
        "loss_unit": getattr(experiment.loss, "unit", ""),
        "reference_unit": getattr(experiment.reference or experiment.loss, "unit", ""),
        "metric": getattr(experiment.metric, "name", ""),
    }
    return {name: word if isinstance(word, str) else "" for name, word in said.items()}


def environment(device: torch.device) -> dict[str, Any]:
    """The device and the software versions of a run."""
    versions = {"python": platform.python_version(), "torch": str(torch.__version__), "lossbook": version("lossbook")}
    return {"device": device.type, "device_name": device_name(device), "threads": torch.get_num_threads(), **versions}
