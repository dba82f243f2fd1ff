"""The trainer: ``run(experiment)`` gives a ``History``."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from array_api_compat import to_device
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value
from tqdm.auto import tqdm

from lossbook.checks import Array
from lossbook.devices import device_name, resolve_device
from lossbook.experiment import Experiment, History, is_numpy
from lossbook.learners import NumPyLearner, Recorder, TorchLearner
from lossbook.loading import load, load_arrays
from lossbook.loop import objective, predict
from lossbook.optim.base import updated
from lossbook.optim.torch_adapter import make_optimizer


def run(
    experiment: Experiment, *, model: nn.Module | dict[str, Array] | None = None, progress: bool | None = None
) -> History:
    """Train as ``experiment`` says: with torch, or with NumPy on the CPU if the model is NumPy's, as ``NumPyMLP``.

    Args:
        experiment: the run.
        model: what to train instead of fresh weights. Give one to keep what was trained, or to go on from trained
            weights. A module is trained in place. For a NumPy model it is the dict of its parameters, as its ``init``
            gives: when the run ends, the trained arrays stand in it; no array itself is changed.
        progress: show a bar with step, loss and steps per second. By default in a terminal and in a live notebook.

    Returns:
        The history. Ctrl-C ends the run early; what was recorded is returned, with ``interrupted`` set. Torch's
        global random state is left as it was.

    Raises:
        ValueError: the device is not there; labels outside 0..K-1, or NaN or infinity in the data.
        TypeError: ``model`` is not of the experiment's kind; a NumPy model beside a part that is torch's.
    """
    if is_numpy(experiment.model):
        return _run_numpy(experiment, model, progress)
    if isinstance(model, dict):
        raise TypeError(f"model must be a torch module, as {experiment.model!r} is torch's, got a dict.")
    device, dtype = resolve_device(experiment.device), getattr(torch, experiment.dtype)
    tensors = load(experiment, device, dtype)
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(experiment.seed)
        net: nn.Module = (build(experiment) if model is None else model).to(device, dtype)
        if experiment.check_data:
            check_values(experiment, net, tensors)
        optimizer = make_optimizer(experiment.optimizer, experiment.loop.parameters(net))
        return _train(TorchLearner(experiment, net.train(), optimizer, data=tensors), environment(device), progress)


def _run_numpy(experiment: Experiment, params: Any, progress: bool | None) -> History:
    with np.errstate(all="ignore"):  # a diverging run may diverge
        learner = NumPyLearner(experiment, load_arrays(experiment), params)
        if experiment.check_data:
            _check_values(experiment, learner.predict, learner.data)
        learner.rehearse()
        here = environment(torch.device("cpu"))
        where = {name: here[name] for name in ("device", "device_name", "python", "lossbook")}
        history = _train(learner, where | {"numpy": np.__version__}, progress)
    if params is not None:
        params.update(learner.params)
    return history


def _train(learner: TorchLearner | NumPyLearner, environment: dict[str, Any], progress: bool | None) -> History:
    """All steps of a run, recorded; Ctrl-C ends them early."""
    experiment, recorder = learner.experiment, Recorder(learner)
    order = batches(len(learner.data["train_x"]), experiment.batch_size, experiment.seed, experiment.shuffle)
    noise = np.random.default_rng([experiment.seed, 1])  # of the augmentation
    bar = tqdm(total=experiment.steps, unit="step", disable=not show_bar(progress), leave=False)
    interrupted = False
    try:
        with bar:
            for learner.step in range(experiment.steps):
                recorder.look()
                x, y = learner.batch(next(order))
                if experiment.augment is not None:
                    x = experiment.augment.apply(x, noise)
                recorder.train(x, y)
                bar.update()
            learner.step = experiment.steps
            recorder.look()
    except KeyboardInterrupt:
        interrupted = True
    return recorder.history(environment, interrupted)


def build(experiment: Experiment) -> nn.Module:
    """The experiment's model as it stands before the first step: weights drawn with its seed, on the CPU.

    Raises:
        TypeError: the model is NumPy's.
    """
    if is_numpy(experiment.model):
        raise TypeError(
            f"model must be torch's here, which probes and build() work on, got {experiment.model!r}. Its weights are "
            "model.init(seed), and model.to_torch(weights) makes a module of them."
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(experiment.seed)
        return experiment.model.build()


def check_values(experiment: Experiment, model: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Let the loss look at the numbers that it will get; any object with a value may be a loss."""
    _check_values(experiment, partial(predict, model), tensors)


def _check_values(experiment: Experiment, predict: Callable[[Any], Array], data: dict[str, Any]) -> None:
    if hasattr(experiment.loss, "check_values"):
        output = predict(data["train_x"][: experiment.batch_size])
        for target in (data["train_y"][: experiment.batch_size], data["train_y"], data["val_y"]):
            experiment.loss.check_values(output, to_device(target, "cpu"))


def batches(n: int, batch_size: int, seed: int, shuffle: bool = True) -> Iterator[np.ndarray]:
    """Indices of one batch after another, without end: all n in each epoch, in a new order if ``shuffle``.

    >>> order = batches(5, batch_size=2, seed=0)
    >>> [len(next(order)) for _ in range(4)]
    [2, 2, 1, 2]
    """
    rng = np.random.default_rng(seed)
    while True:
        order = rng.permutation(n) if shuffle else np.arange(n)
        for start in range(0, n, batch_size):
            yield order[start : start + batch_size]


def train_step(
    experiment: Experiment, model: nn.Module, params: dict[str, Tensor], states: dict[str, Any], x: Tensor, y: Tensor
) -> tuple[dict[str, Tensor], dict[str, Any], Tensor]:
    """One step as a pure function: nothing is changed, the new parameters and states are results.

    Args:
        experiment: its loss, optimizer, penalty and clipping are used.
        model: says what is computed; its own parameters are not touched.
        params: name -> parameter, as ``dict(model.named_parameters())``.
        states: name -> the optimiser's state, at first ``experiment.optimizer.init(param)`` for each.
        x, y: one batch.

    Returns:
        params, states, and the loss before the step.
    """

    def loss_of(params: dict[str, Tensor]) -> Tensor:
        return objective(experiment, functional_call(model, params, (x,)), y, params.values())

    grads, loss = grad_and_value(loss_of)(params)
    if experiment.clipping is not None:
        grads = experiment.clipping.apply(grads)
    return *updated(experiment.optimizer, grads, states, params), loss


def show_bar(progress: bool | None) -> bool:
    """What was asked for; by default yes in a terminal and in a live notebook."""
    if progress is not None:
        return progress
    if os.environ.get("LOSSBOOK_FACE") == "static":  # a page of the book: nobody watches
        return False
    return sys.stderr.isatty() or "ipykernel" in sys.modules


def environment(device: torch.device) -> dict[str, Any]:
    """Where a run takes place."""
    versions = {"python": platform.python_version(), "torch": str(torch.__version__), "lossbook": version("lossbook")}
    return {"device": device.type, "device_name": device_name(device), "threads": torch.get_num_threads(), **versions}
