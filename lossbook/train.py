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
from tqdm.auto import tqdm

from lossbook.devices import resolve_device
from lossbook.experiment import Experiment, History
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
    check_data(split)
    train_x, train_y, val_x, val_y = (_to_tensor(array, device, dtype) for array in split)
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(experiment.seed)
        model = (build(experiment) if model is None else model).to(device, dtype)
        check_classes(model, train_x, train_y, val_y)
        optimizer = make_optimizer(experiment.optimizer, model.parameters())
        model.train()
        recorder = Recorder(experiment, model, train_x[:REFERENCE_SIZE], train_y[:REFERENCE_SIZE], val_x, val_y)
        order = batches(len(train_x), experiment.batch_size, experiment.seed)
        bar = tqdm(total=experiment.steps, unit="step", disable=not _show(progress), leave=False)
        interrupted = False
        try:
            with bar:
                for step in range(experiment.steps):
                    recorder.look(step)
                    index = torch.from_numpy(next(order)).to(device)
                    optimizer.zero_grad()
                    loss = experiment.loss.value(model(train_x[index]), train_y[index])
                    loss.backward()
                    recorder.before(loss, optimizer)
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


def batches(n: int, batch_size: int, seed: int) -> Iterator[np.ndarray]:
    """Indices of one batch after another, without end: a new shuffle of all n at every epoch.

    >>> order = batches(5, batch_size=2, seed=0)
    >>> [len(next(order)) for _ in range(4)]
    [2, 2, 1, 2]
    """
    rng = np.random.default_rng(seed)
    while True:
        shuffled = rng.permutation(n)
        for start in range(0, n, batch_size):
            yield shuffled[start : start + batch_size]


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
        self.pending = loss.detach(), _norm(grads, loss), float(optimizer.param_groups[0]["lr"])
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


def check_data(split: Any) -> None:
    """Raise if the data hold NaN or infinity: no training can mend that."""
    for name, array in split._asdict().items():
        bad = ~np.isfinite(array)
        if bad.any():
            where = tuple(int(i) for i in np.argwhere(bad)[0])
            raise ValueError(
                f"{name} must be finite, got {array[where]} at index {where}, {int(bad.sum())} such values in all."
            )


def check_classes(model: nn.Module, train_x: Tensor, *targets: Tensor) -> None:
    """Raise unless integer targets lie in 0..K-1, K being the width of the model's output."""
    classes = predict(model, train_x[:1]).shape[-1]
    for target in targets:
        if not target.is_floating_point() and not 0 <= int(target.min()) <= int(target.max()) < classes:
            raise ValueError(
                f"labels must lie in 0..{classes - 1}, since the model has {classes} outputs, "
                f"got {int(target.min())}..{int(target.max())}."
            )


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
