"""The trainer: ``run(experiment)`` gives a ``History``."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value
from tqdm.auto import tqdm

from lossbook import checks
from lossbook.devices import resolve_device
from lossbook.experiment import Experiment, History
from lossbook.optim.base import lr_at
from lossbook.optim.clipping import Clipping
from lossbook.optim.torch_adapter import make_optimizer

REFERENCE_SIZE = 512  # training examples on which reference_loss is measured
EVAL_BATCH = 1000  # examples per forward pass when nothing is trained


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
    split = experiment.data.load()
    checks.finite(np, **split._asdict())
    train_x, train_y, val_x, val_y = (_to_tensor(array, device, dtype) for array in split)
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(experiment.seed)
        model = (build(experiment) if model is None else model).to(device, dtype)
        output = predict(model, train_x[: experiment.batch_size])
        for target in (train_y[: experiment.batch_size], train_y, val_y):
            if hasattr(experiment.loss, "check_values"):  # any object with a value may be a loss
                experiment.loss.check_values(output, target.cpu())
        optimizer = make_optimizer(experiment.optimizer, model.parameters())
        model.train()
        recorder = Recorder(experiment, model, train_x[:REFERENCE_SIZE], train_y[:REFERENCE_SIZE], val_x, val_y)
        order = batches(len(train_x), experiment.batch_size, experiment.seed, experiment.shuffle)
        bar = tqdm(total=experiment.steps, unit="step", disable=not _show(progress), leave=False)
        interrupted = False
        try:
            with bar:
                for step in range(experiment.steps):
                    recorder.look(step)
                    index = torch.from_numpy(next(order)).to(device)
                    optimizer.zero_grad()
                    loss = objective(experiment, model(train_x[index]), train_y[index], model.parameters())
                    loss.backward()
                    recorder.before(loss, optimizer)
                    clip(experiment.clipping, model)
                    optimizer.step()
                    recorder.after()
                    bar.update()
                recorder.look(experiment.steps)
        except KeyboardInterrupt:
            interrupted = True
    return recorder.history(_environment(device), interrupted)


def build(experiment: Experiment) -> nn.Module:
    """The experiment's model as it stands before the first step: weights drawn with its seed, on the CPU."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(experiment.seed)
        return experiment.model.build()


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


def objective(experiment: Experiment, output: Tensor, target: Tensor, params: Iterable[Tensor]) -> Tensor:
    """J, what a step goes down on: the loss of the batch, plus the penalty of every parameter."""
    loss = experiment.loss.value(output, target)
    if experiment.penalty is not None:
        loss = loss + sum(experiment.penalty.value(param) for param in params)
    return loss


def clip(clipping: Clipping | None, model: nn.Module) -> None:
    """Replace the gradients of all parameters by clipped ones."""
    if clipping is None:
        return
    params = {name: param for name, param in model.named_parameters() if param.grad is not None}
    clipped = clipping.apply({name: param.grad for name, param in params.items()})
    for name, param in params.items():
        param.grad = clipped[name]


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


@torch.no_grad()
def predict(model: nn.Module, x: Tensor | np.ndarray) -> Tensor:
    """The model's output on all of ``x``, in eval mode, on the CPU; the model's own mode is left as it was."""
    first = next(model.parameters())
    was_training = model.training
    model.eval()
    try:
        return torch.cat([model(part.to(first)) for part in torch.as_tensor(x).split(EVAL_BATCH)]).cpu()
    finally:
        model.train(was_training)


class Recorder:
    """Collects a history while a run goes on; numbers stay on the device until the end, so that no step waits."""

    def __init__(
        self, experiment: Experiment, model: nn.Module, ref_x: Tensor, ref_y: Tensor, val_x: Tensor, val_y: Tensor
    ) -> None:
        self.experiment, self.model = experiment, model
        self.ref_x, self.ref_y, self.val_x, self.val_y = ref_x, ref_y.cpu(), val_x, val_y.cpu()
        self.rows: list[Tensor] = []
        self.lrs: list[float] = []
        self.seconds: list[float] = []
        self.looks: list[tuple[int, list[float]]] = []
        self.start = time.perf_counter()

    def look(self, step: int) -> None:
        """Measure the model on the reference and the held-out data, if it is time."""
        if step % self.experiment.eval_every and step != self.experiment.steps:
            return
        loss, metric = self.experiment.loss, self.experiment.metric
        reference = loss.value(predict(self.model, self.ref_x), self.ref_y)
        output = predict(self.model, self.val_x)
        numbers = (reference, loss.value(output, self.val_y), metric.value(output, self.val_y))
        self.looks.append((step, [float(number) for number in numbers]))

    def before(self, loss: Tensor, optimizer: torch.optim.Optimizer) -> None:
        """Before an update: its loss, its learning rate, its gradient, and where the parameters stand."""
        self.params = [p.detach() for p in self.model.parameters() if p.requires_grad]
        grads = [p.grad for p in self.model.parameters() if p.grad is not None]
        self.pending = loss.detach(), _norm(grads, loss), lr_at(optimizer.param_groups[0]["lr"], len(self.lrs))
        self.stood = [p.clone() for p in self.params]

    def after(self) -> None:
        """After an update: how far it went."""
        loss, grad_norm, lr = self.pending
        ratio = _norm(list(torch._foreach_sub(self.params, self.stood)), loss) / _norm(self.stood, loss)
        self.rows.append(torch.stack([loss, grad_norm, ratio]))
        self.lrs.append(lr)
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


def _norm(tensors: list[Tensor], like: Tensor) -> Tensor:
    """Euclidean norm over all entries of all tensors; zero, in the dtype of ``like``, if there is none."""
    if not tensors:
        return torch.zeros_like(like.detach())
    return torch.linalg.vector_norm(torch.stack(torch._foreach_norm(tensors)))


def _to_tensor(array: Any, device: torch.device, dtype: torch.dtype) -> Tensor:
    """On the device; floating numbers in ``dtype``, integers as they are."""
    tensor = torch.as_tensor(array)
    return tensor.to(device, dtype) if tensor.is_floating_point() else tensor.to(device)


def _show(progress: bool | None) -> bool:
    if progress is not None:
        return progress
    if os.environ.get("LOSSBOOK_FACE") == "static":  # a page of the book: nobody watches
        return False
    return sys.stderr.isatty() or "ipykernel" in sys.modules


def _environment(device: torch.device) -> dict[str, Any]:
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    versions = {"python": platform.python_version(), "torch": str(torch.__version__), "lossbook": version("lossbook")}
    return {"device": device.type, "device_name": name, "threads": torch.get_num_threads(), **versions}
