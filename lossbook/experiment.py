"""A training run as a value: an ``Experiment`` describes it completely, a ``History`` holds its results."""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeGuard

from lossbook import checks
from lossbook.files import user_path, write_whole
from lossbook.loop import Loop
from lossbook.metrics import Accuracy
from lossbook.parts import (
    Augmentation,
    Clipping,
    Data,
    LossLike,
    Metric,
    NumPyModel,
    Penalty,
    Projection,
    Reaction,
    StepByStep,
    TorchModel,
)
from lossbook.torch_parts import WAYS_ON, adapted
from lossbook.values import Value

DTYPES = ("float32", "float64")


@dataclass(frozen=True, eq=False)
class Experiment(Value):
    """A complete description of a training run. :func:`lossbook.run` turns it into a :class:`History`.

    Objects of torch are taken as they are, and kept as copies, so that an experiment is a value: the classes
    :class:`FromTorch <lossbook.models.FromTorch>` of :mod:`~lossbook.data`, :mod:`~lossbook.models`,
    :mod:`~lossbook.losses` and :mod:`~lossbook.optim` say which objects. Two experiments are equal if all their parts
    are: arrays by their numbers, modules by their weights and settings.

    Args:
        data: the data to train on; has ``load()``, for example :class:`lossbook.data.Digits`. Or arrays, as ``(train_x,
            train_y, val_x, val_y)``, or torch's loaders or datasets, as ``(train_loader, val_loader)``; the training
            loader also sets ``batch_size``, ``shuffle`` and ``drop_last``.
        model: the model's knobs; has ``build()``, for example :class:`lossbook.models.ConvNet`, or, to be trained with
            NumPy, ``init``, ``forward`` and ``backward``, as :class:`lossbook.models.NumPyMLP`. Or a torch module; each
            run trains a copy of it.
        loss: a loss of :mod:`lossbook.losses`; or one of torch's, or any function of outputs and targets.
        optimizer: a rule of :mod:`lossbook.optim`, ``Groups`` of them by the names of the parameters, or
            ``TorchTwin(rule)`` for torch's own; or one of torch's, made for the module that is the model.
        penalty: a penalty of :mod:`lossbook.penalties` on every parameter, added to the training loss.
        clipping: ``ClipByValue`` or ``ClipByGlobalNorm`` of :mod:`lossbook.optim`, on the gradients of each step.
        projection: None, or ``MaxNorm`` of :mod:`lossbook.projections`, on every weight after each update; biases, and
            all other parameters with fewer than two axes, do not change.
        plateau: None, or ``ReduceOnPlateau`` of :mod:`lossbook.schedules`: at each look at ``val_loss`` it sets a
            factor on the learning rate.
        stopping: None, or ``EarlyStopping`` of :mod:`lossbook.stopping`: it may end the run at a look at ``val_loss``.
            Whenever the run ends, the weights of the best look are put back.
        metric: the number that ``History.metric`` holds, for the held-out data: one of :mod:`lossbook.metrics`, or a
            function, as for ``loss``. The default, ``Accuracy()``, takes outputs (N, K) and targets (N,).
        reference: the correct loss, on which ``History.reference_loss`` and ``val_loss`` are measured; None if ``loss``
            is correct.
        loop: what one step does: a ``Loop`` of ``lossbook/loop.py``, or a subclass with a step of its own.
        augment: None, or an object that changes the inputs of each batch, by ``apply(x, rng)``, as ``data.RandomCrop``.
        check_data: refuse, before training, data that the loss cannot take: NaN, labels out of range, softmax rows.
            Switch it off only to see what happens then.
        batch_size: examples per step; the last batch of an epoch may be smaller.
        shuffle: a new order of the training examples at every epoch.
        drop_last: leave out the last batch of an epoch if it is smaller.
        steps: number of updates.
        dtype: "float32" or "float64", of inputs and parameters.
        seed: of the weights, the order of the data, and dropout; from 0 to 2**64 - 1, which NumPy and torch take.
        device: "auto" (CUDA, then MPS, then the CPU) or a name that torch knows; the CPU for a NumPy model.
        eval_every: steps between two looks at ``reference_loss``, ``val_loss`` and ``metric``.

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type.

    >>> import torch
    >>> net, x = torch.nn.Linear(3, 1), torch.randn(100, 3)
    >>> y = x.sum(1, keepdim=True)
    >>> mine = Experiment(
    ...     data=(x[:80], y[:80], x[80:], y[80:]), model=net, loss=torch.nn.MSELoss(),
    ...     optimizer=torch.optim.Adam(net.parameters(), lr=0.01), metric=torch.nn.L1Loss(),
    ... )
    >>> mine.model, mine.optimizer
    (FromTorch(Linear, 4 parameters), FromTorch(Adam, lr=0.01))
    """

    data: Data
    model: TorchModel | NumPyModel
    loss: LossLike
    optimizer: Any  # a rule, ``Groups`` of rules, or an object that makes torch's own optimiser
    penalty: Penalty | None = None
    clipping: Clipping | None = None
    projection: Projection | None = None
    plateau: Reaction | None = None
    stopping: Reaction | None = None
    metric: Metric = Accuracy()
    reference: LossLike | None = None
    loop: StepByStep = Loop()
    augment: Augmentation | None = None
    check_data: bool = True
    batch_size: int = 64
    shuffle: bool = True
    drop_last: bool = False
    steps: int = 125
    dtype: str = "float32"
    seed: int = 0
    device: str = "auto"
    eval_every: int = 25

    def __post_init__(self) -> None:
        defaults = {item.name: item.default for item in fields(self)}
        for name, part in adapted(vars(self), defaults).items():
            object.__setattr__(self, name, part)
        for name, method in {
            "data": "load",
            "model": "forward" if is_numpy(self.model) else "build",
            "loss": "value",
            "metric": "value",
            "loop": "step",
        }.items():
            checks.has_method(name, getattr(self, name), method, WAYS_ON.get(name, ""))
        if not hasattr(self.optimizer, "make"):  # with ``make`` it makes torch's optimiser itself
            checks.has_method(
                "optimizer", getattr(self.optimizer, "rule", self.optimizer), "update", WAYS_ON["optimizer"]
            )
        optional = {"penalty": "value", "clipping": "apply", "reference": "value", "augment": "apply"}
        optional |= {"projection": "project", "plateau": "update", "stopping": "update"}
        for name, method in optional.items():
            if getattr(self, name) is not None:
                checks.has_method(name, getattr(self, name), method)
        checks.flag("check_data", self.check_data)
        checks.whole_number("batch_size", self.batch_size, 1)
        checks.flag("shuffle", self.shuffle)
        checks.flag("drop_last", self.drop_last)
        checks.whole_number("steps", self.steps, 0)
        checks.one_of("dtype", self.dtype, DTYPES)
        checks.seed("seed", self.seed)
        if type(self.device).__name__ == "device":  # torch's object of a device
            object.__setattr__(self, "device", str(self.device))
        if not isinstance(self.device, str) or not self.device:
            raise ValueError(f"device must be a name, as 'auto' or 'cpu', got {self.device!r}.")
        checks.whole_number("eval_every", self.eval_every, 1)


def is_numpy(model: Any) -> TypeGuard[NumPyModel]:
    """Whether the model is trained with NumPy: its gradient is written out, in a method ``backward``."""
    return hasattr(model, "backward")


@dataclass(frozen=True, eq=False, repr=False)
class History(Value):
    """The results of a run. The first five have one entry per step, the last three one per entry of ``eval_step``.

    Two histories are equal if all that was computed is equal, exactly: NaN is equal to NaN, 0.0 to -0.0, 1 to 1.0. The
    seconds and the environment do not count.
    """

    loss: tuple[float, ...]  #: training loss of the step's batch, penalty included, before its update
    lr: tuple[float, ...]  #: learning rate of the step
    grad_norm: tuple[float, ...]  #: Euclidean norm of the whole gradient, before clipping
    update_ratio: tuple[float, ...]  #: ‖Δθ‖ / ‖θ‖, over all parameters
    seconds: tuple[float, ...] = field(compare=False)  #: seconds from the start to the end of the step
    eval_step: tuple[int, ...]  #: steps done when the next three were measured; 0 is before the first
    reference_loss: tuple[float, ...]  #: correct mean loss in eval mode on a fixed, clean part of the training data
    val_loss: tuple[float, ...]  #: correct mean loss on the held-out data, in eval mode unless the loop is faulty
    metric: tuple[float, ...]  #: the experiment's metric on the held-out data
    #: device, and versions of python, lossbook, and torch (with its threads) or NumPy
    environment: dict[str, Any] = field(compare=False)
    interrupted: bool = False  #: stopped by Ctrl-C before its last step
    chance: float | None = None  #: loss of a model that knows nothing, from the targets, where it can be computed
    batched: bool = field(default=False, compare=False)  #: trained together with others, whose ``seconds`` it shares

    def __repr__(self) -> str:
        """Where the run began and where it ended, in a line."""
        told = [f"{len(self.loss)} steps"]
        if self.loss:
            told.append(f"loss {self.loss[0]:.4g} -> {self.loss[-1]:.4g}")
        told += [f"{name} {values[-1]:.4g}" for name in ("val_loss", "metric") if (values := getattr(self, name))]
        return f"History({', '.join(told + ['interrupted'] * self.interrupted)})"

    def to_dict(self) -> dict[str, Any]:
        """The content that :meth:`save` writes; numbers that are not finite become the strings "nan", "inf", "-inf"."""
        return {name: _to_json(name, value) for name, value in asdict(self).items()}

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write :meth:`to_dict` as JSON, whole or not at all; returns the path of the file.

        Raises:
            OSError: the file cannot be written.
        """
        return write_whole(path, json.dumps(self.to_dict(), allow_nan=False).encode())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> History:
        """Read what :meth:`save` wrote.

        Raises:
            OSError: there is no such file.
            ValueError: the file is no history.
        """
        text = user_path(path).read_bytes()
        try:
            values = {name: _from_json(name, value) for name, value in json.loads(text.decode("utf8")).items()}
            return cls(**values)
        except (TypeError, AttributeError, ValueError, RecursionError) as error:
            names = ", ".join(item.name for item in fields(cls))
            raise ValueError(f"{path} must be a History saved as JSON, with {names}; got: {error}") from error


def _to_json(name: str, value: Any) -> Any:
    if name in SERIES:
        return [_to_json("", number.item() if hasattr(number, "item") else number) for number in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _from_json(name: str, value: Any) -> Any:
    if name in SERIES:
        numbers = tuple(_from_json("", item) for item in value)
        for number in numbers:
            checks.number(name, number)
        return numbers
    return float(value) if value in ("nan", "inf", "-inf") else value


#: the fields of a history that hold a number for each step or look
SERIES = tuple(item.name for item in fields(History) if item.type.startswith("tuple"))
