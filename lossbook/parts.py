"""The protocols of an experiment's parts: any object with these methods may be one.

There are two kinds of models, which differ in their methods: :class:`TorchModel` and :class:`NumPyModel`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from lossbook.checks import Array

if TYPE_CHECKING:
    from torch import Tensor, nn


class Data(Protocol):
    """The data to train on."""

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
    """The number that training lowers. For a NumPy model it has ``grad(output, target)`` as well."""

    def value(self, pred: Any, target: Any, /) -> Any: ...


class Metric(Protocol):
    """A number by which to judge outputs, given the targets."""

    def value(self, pred: Any, target: Any, /) -> Any: ...


class Penalty(Protocol):
    """The number that one parameter adds to the loss. For a NumPy model it has ``grad(param)`` as well."""

    def value(self, param: Any, /) -> Any: ...


class Clipping(Protocol):
    """Takes the gradients of all parameters by name, and returns clipped ones; changes none of them."""

    def apply(self, grads: Mapping[str, Array]) -> dict[str, Array]: ...


class Projection(Protocol):
    """Puts one weight back within its bounds."""

    def project(self, param: Any, /) -> Any: ...


class Reaction(Protocol):
    """A rule that reacts to the held-out loss: ``update`` gives its reaction now, and its next state."""

    def init(self) -> Any: ...
    def update(self, loss: float, state: Any, /) -> tuple[Any, Any]: ...


class Augmentation(Protocol):
    """Changes the inputs of a batch with random numbers from ``rng``."""

    def apply(self, x: Any, rng: Any, /) -> Any: ...


class StepByStep(Protocol):
    """A training loop, one step at a time; ``training`` is a :class:`lossbook.loop.Training`."""

    def parameters(self, model: nn.Module) -> Iterable[Any]: ...
    def step(self, training: Any, x: Tensor, y: Tensor) -> Tensor: ...
    def validate(self, training: Any, x: Tensor) -> Tensor: ...
