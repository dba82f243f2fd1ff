"""What each part of an experiment must be able to do; whatever can do it may be one.

Some parts are told apart by one method more: see :class:`TorchModel` and :class:`NumPyModel`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from lossbook.checks import Array

if TYPE_CHECKING:
    from torch import Tensor, nn


class Data(Protocol):
    """What to train on."""

    def load(self) -> Any: ...  # a ``lossbook.data.Split``


class TorchModel(Protocol):
    """A model that torch trains."""

    def build(self) -> nn.Module: ...


class NumPyModel(Protocol):
    """A model whose gradient is written out; ``params`` is a dict of arrays by name."""

    def init(self, seed: int) -> dict[str, Array]: ...
    def forward(self, params: dict[str, Array], x: Array) -> tuple[Array, Any]: ...
    def backward(self, params: dict[str, Array], cache: Any, grad_output: Array) -> dict[str, Array]: ...


class LossLike(Protocol):
    """A number to go down on. For a NumPy model it has ``grad(output, target)`` as well."""

    def value(self, pred: Any, target: Any, /) -> Any: ...


class Metric(Protocol):
    """A number to judge by, of outputs and targets."""

    def value(self, pred: Any, target: Any, /) -> Any: ...


class Penalty(Protocol):
    """What one parameter adds to the loss. For a NumPy model it has ``grad(param)`` as well."""

    def value(self, param: Any, /) -> Any: ...


class Clipping(Protocol):
    """Takes the gradients of all parameters by name, and gives them back clipped; changes none of them."""

    def apply(self, grads: Mapping[str, Array]) -> dict[str, Array]: ...


class Projection(Protocol):
    """Puts one weight back within its bounds."""

    def project(self, param: Any, /) -> Any: ...


class Reaction(Protocol):
    """What a run does about the held-out loss: ``update`` gives what to do now, and the next state."""

    def init(self) -> Any: ...
    def update(self, loss: float, state: Any, /) -> tuple[Any, Any]: ...


class Augmentation(Protocol):
    """Changes the inputs of a batch, by random numbers of ``rng``."""

    def apply(self, x: Any, rng: Any, /) -> Any: ...


class StepByStep(Protocol):
    """A training loop, one step at a time; ``training`` is a :class:`lossbook.loop.Training`."""

    def parameters(self, model: nn.Module) -> Iterable[Any]: ...
    def step(self, training: Any, x: Tensor, y: Tensor) -> Tensor: ...
    def validate(self, training: Any, x: Tensor) -> Tensor: ...
