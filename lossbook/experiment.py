"""A training run as a value: an ``Experiment`` says all there is to say about it, a ``History`` all that came of it."""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from lossbook import checks
from lossbook.files import write_whole
from lossbook.loop import Loop
from lossbook.metrics import Accuracy

DTYPES = ("float32", "float64")


@dataclass(frozen=True)
class Experiment:
    """A training run, told in full. :func:`lossbook.run` turns it into a :class:`History`.

    Args:
        data: what to train on; has ``load()``, for example :class:`lossbook.data.Digits`.
        model: the model's knobs; has ``build()``, for example :class:`lossbook.models.ConvNet`, or, to be trained with
            NumPy, ``init``, ``forward`` and ``backward``, as :class:`lossbook.models.NumPyMLP`.
        loss: a loss of :mod:`lossbook.losses`.
        optimizer: a rule of :mod:`lossbook.optim`, or ``TorchTwin(rule)`` for torch's own.
        penalty: a penalty of :mod:`lossbook.penalties` on every parameter, added to the training loss.
        clipping: ``ClipByValue`` or ``ClipByGlobalNorm`` of :mod:`lossbook.optim`, on the gradients of each step.
        metric: what ``History.metric`` holds, of the held-out data.
        reference: the correct loss, on which ``History.reference_loss`` and ``val_loss`` are measured; None if ``loss``
            is correct.
        loop: what one step does: a ``Loop`` of ``lossbook/loop.py``, or a subclass with a step of its own.
        augment: None, or what changes the inputs of each batch, by ``apply(x, rng)``, as ``data.RandomCrop``.
        check_data: refuse, before training, what the loss cannot take: NaN, labels out of range, softmax rows. Off only
            to show what happens otherwise.
        batch_size: examples per step; the last batch of an epoch may be smaller.
        shuffle: a new order of the training examples at every epoch.
        drop_last: leave out the last batch of an epoch if it is smaller.
        steps: number of updates.
        dtype: "float32" or "float64", of inputs and parameters.
        seed: of the weights, the order of the data, and dropout.
        device: "auto" (CUDA, then MPS, then the CPU) or a name that torch knows; the CPU for a NumPy model.
        eval_every: steps between two looks at ``reference_loss``, ``val_loss`` and ``metric``.

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type.
    """

    data: Any
    model: Any
    loss: Any
    optimizer: Any
    penalty: Any = None
    clipping: Any = None
    metric: Any = Accuracy()
    reference: Any = None
    loop: Any = Loop()
    augment: Any = None
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
        for name, method in {
            "data": "load",
            "model": "forward" if is_numpy(self.model) else "build",
            "loss": "value",
            "metric": "value",
            "loop": "step",
        }.items():
            checks.has_method(name, getattr(self, name), method)
        checks.has_method("optimizer", getattr(self.optimizer, "rule", self.optimizer), "update")
        for name, method in {"penalty": "value", "clipping": "apply", "reference": "value", "augment": "apply"}.items():
            if getattr(self, name) is not None:
                checks.has_method(name, getattr(self, name), method)
        checks.flag("check_data", self.check_data)
        checks.whole_number("batch_size", self.batch_size, 1)
        checks.flag("shuffle", self.shuffle)
        checks.flag("drop_last", self.drop_last)
        checks.whole_number("steps", self.steps, 0)
        checks.one_of("dtype", self.dtype, DTYPES)
        checks.whole_number("seed", self.seed, 0)
        checks.whole_number("eval_every", self.eval_every, 1)


def is_numpy(model: Any) -> bool:
    """Whether the model is trained with NumPy: its gradient is written out, in a method ``backward``."""
    return hasattr(model, "backward")


@dataclass(frozen=True)
class History:
    """What came of a run. The first five have one entry per step, the last three one per entry of ``eval_step``.

    Two histories are equal if all that was computed is equal, bit for bit; the seconds do not count.
    """

    loss: tuple[float, ...]  #: training loss of the step's batch, penalty included, before its update
    lr: tuple[float, ...]  #: learning rate of the step
    grad_norm: tuple[float, ...]  #: Euclidean norm of the whole gradient, before clipping
    update_ratio: tuple[float, ...]  #: ‖Δθ‖ / ‖θ‖, over all parameters
    seconds: tuple[float, ...] = field(compare=False)  #: since the start, at the end of the step
    eval_step: tuple[int, ...]  #: steps done when the next three were measured; 0 is before the first
    reference_loss: tuple[float, ...]  #: correct mean loss in eval mode on a fixed, clean part of the training data
    val_loss: tuple[float, ...]  #: correct mean loss on the held-out data, in eval mode unless the loop is faulty
    metric: tuple[float, ...]  #: the experiment's metric on the held-out data
    environment: dict[str, Any]  #: device, and versions of python, lossbook, and torch (with its threads) or NumPy
    interrupted: bool = False  #: stopped by Ctrl-C before its last step
    chance: float | None = None  #: loss of a model that knows nothing, from the targets, where it can be computed
    batched: bool = field(default=False, compare=False)  #: trained with others, as one computation; their seconds

    def to_dict(self) -> dict[str, Any]:
        """What :meth:`save` writes; numbers that are not finite become the strings "nan", "inf", "-inf"."""
        return {name: _jsonable(value) for name, value in asdict(self).items()}

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write :meth:`to_dict` as JSON, whole or not at all."""
        return write_whole(Path(path), json.dumps(self.to_dict(), allow_nan=False).encode())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> History:
        """Read what :meth:`save` wrote.

        Raises:
            ValueError: the file is no history.
        """
        try:
            raw = json.loads(Path(path).read_text(encoding="utf8"))
            values = {name: _from_json(value) for name, value in raw.items()}
            return cls(**values)
        except (TypeError, AttributeError, json.JSONDecodeError) as error:
            names = ", ".join(item.name for item in fields(cls))
            raise ValueError(f"{path} must be a History saved as JSON, with {names}; got: {error}") from error


def _jsonable(value: Any) -> Any:
    if isinstance(value, tuple):
        return [number if math.isfinite(number) else str(number) for number in value]
    return value


def _from_json(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(float(number) if isinstance(number, str) else number for number in value)
    return value
