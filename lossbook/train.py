"""The trainer: ``run(experiment)`` gives a ``History``."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value
from tqdm.auto import tqdm

from lossbook import checks
from lossbook.data.digits import REFERENCE_SIZE
from lossbook.devices import device_name, resolve_device
from lossbook.experiment import Experiment, History
from lossbook.loop import Training, norm, objective, predict
from lossbook.optim.base import lr_at
from lossbook.optim.torch_adapter import make_optimizer


def run(experiment: Experiment, *, model: nn.Module | None = None, progress: bool | None = None) -> History:
    """Train as ``experiment`` says.

    Args:
        experiment: the run.
        model: a module to train in place, instead of a fresh ``experiment.model.build()``. Give one to keep what was
            trained, or to go on from trained weights.
        progress: show a bar with step, loss and steps per second. By default in a terminal and in a live notebook.

    Returns:
        The history. Ctrl-C ends the run early; what was recorded is returned, with ``interrupted`` set. Torch's
        global random state is left as it was.

    Raises:
        ValueError: the device is not there; labels outside 0..K-1, or NaN or infinity in the data.
    """
    device, dtype = resolve_device(experiment.device), getattr(torch, experiment.dtype)
    tensors = load(experiment, device, dtype)
    train_x, train_y = tensors["train_x"], tensors["train_y"]
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(experiment.seed)
        model = (build(experiment) if model is None else model).to(device, dtype)
        if experiment.check_data:
            check_values(experiment, model, tensors)
        optimizer = make_optimizer(experiment.optimizer, experiment.loop.parameters(model))
        training = Training(experiment, model.train(), optimizer)
        recorder = Recorder(training, tensors)
        order = batches(len(train_x), experiment.batch_size, experiment.seed, experiment.shuffle)
        noise = np.random.default_rng([experiment.seed, 1])  # of the augmentation
        bar = tqdm(total=experiment.steps, unit="step", disable=not show_bar(progress), leave=False)
        interrupted = False
        try:
            with bar:
                for training.step in range(experiment.steps):
                    recorder.look()
                    index = torch.from_numpy(next(order)).to(device)
                    x, y = train_x[index], train_y[index]
                    if experiment.augment is not None:
                        x = experiment.augment.apply(x, noise)
                    recorder.before()
                    recorder.after(experiment.loop.step(training, x, y))
                    bar.update()
                training.step = experiment.steps
                recorder.look()
        except KeyboardInterrupt:
            interrupted = True
    return recorder.history(environment(device), interrupted)


def build(experiment: Experiment) -> nn.Module:
    """The experiment's model as it stands before the first step: weights drawn with its seed, on the CPU."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(experiment.seed)
        return experiment.model.build()


def load(experiment: Experiment, device: torch.device, dtype: torch.dtype) -> dict[str, Tensor]:
    """The arrays of the experiment's ``Split`` that are there, on the device; floating ones in ``dtype``."""
    arrays = {name: array for name, array in experiment.data.load()._asdict().items() if array is not None}
    if experiment.check_data:
        checks.finite(np, **arrays)
    tensors = {name: torch.as_tensor(array) for name, array in arrays.items()}
    return {name: x.to(device, dtype if x.is_floating_point() else None) for name, x in tensors.items()}


def check_values(experiment: Experiment, model: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Let the loss look at the numbers that it will get; any object with a value may be a loss."""
    if not hasattr(experiment.loss, "check_values"):
        return
    first = slice(experiment.batch_size)
    output = predict(model, tensors["train_x"][first])
    for target in (tensors["train_y"][first], tensors["train_y"], tensors["val_y"]):
        experiment.loss.check_values(output, target.cpu())


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
    moved, after = {}, {}
    for name, param in params.items():
        delta, after[name] = experiment.optimizer.update(grads[name], states[name], param)
        moved[name] = param + delta
    return moved, after, loss


class Recorder:
    """Collects a history while a run goes on; numbers stay on the device until the end, so that no step waits."""

    def __init__(self, training: Training, tensors: dict[str, Tensor]) -> None:
        self.training = training
        self.ref_x = tensors.get("ref_x", tensors["train_x"][:REFERENCE_SIZE])
        self.ref_y = tensors.get("ref_y", tensors["train_y"][:REFERENCE_SIZE]).cpu()
        self.val_x, self.val_y = tensors["val_x"], tensors["val_y"].cpu()
        self.rows: list[Tensor] = []
        self.lrs: list[float] = []
        self.seconds: list[float] = []
        self.looks: list[tuple[int, list[float]]] = []
        self.start = time.perf_counter()

    def look(self) -> None:
        """Measure the model on the reference and the held-out data, if it is time."""
        training, experiment = self.training, self.training.experiment
        if training.step % experiment.eval_every and training.step != experiment.steps:
            return
        loss, metric = experiment.reference or experiment.loss, experiment.metric
        reference = loss.value(predict(training.model, self.ref_x), self.ref_y)
        output = experiment.loop.validate(training, self.val_x)
        numbers = (reference, loss.value(output, self.val_y), metric.value(output, self.val_y))
        self.looks.append((training.step, [float(number) for number in numbers]))

    def before(self) -> None:
        """Before a step: its learning rate, and where the parameters stand."""
        training = self.training
        self.lr = lr_at(training.optimizer.param_groups[0]["lr"], training.step)
        self.stood = [param.detach().clone() for param in training.model.parameters()]

    def after(self, loss: Tensor) -> None:
        """After a step: its loss and gradient, and how far it went."""
        moved = [param.detach() for param in self.training.model.parameters()]
        ratio = norm(list(torch._foreach_sub(moved, self.stood))) / norm(self.stood)
        self.rows.append(torch.stack([number.detach().to(ratio) for number in (loss, self.training.grad_norm, ratio)]))
        self.lrs.append(self.lr)
        self.seconds.append(time.perf_counter() - self.start)

    def history(self, environment: dict[str, Any], interrupted: bool) -> History:
        rows = torch.stack(self.rows).T.tolist() if self.rows else [[], [], []]
        reference, val, metric = zip(*(numbers for _, numbers in self.looks), strict=True) if self.looks else [()] * 3
        return History(
            loss=tuple(rows[0]),
            lr=tuple(self.lrs),
            grad_norm=tuple(rows[1]),
            update_ratio=tuple(rows[2]),
            seconds=tuple(self.seconds),
            eval_step=tuple(step for step, _ in self.looks),
            reference_loss=reference,
            val_loss=val,
            metric=metric,
            environment=environment,
            interrupted=interrupted,
        )


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
