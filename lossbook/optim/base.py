"""What every optimiser here is: a frozen rule for one array. The loop owns the parameters and the states."""

from __future__ import annotations

from typing import Any, Protocol

from lossbook import checks
from lossbook.checks import Array


class Rule(Protocol):
    """An update rule. ``State`` is a NamedTuple whose first field is the number of steps done, a Python int."""

    @property
    def lr(self) -> float: ...

    def init(self, param: Array) -> Any:
        """The state before the first step, for a parameter of this shape and dtype."""

    def update(self, grad: Array, state: Any, param: Array) -> tuple[Array, Any]:
        """What to *add* to ``param`` (in its shape and dtype), and the next state. Changes none of its arguments."""

    def to_torch(self, params: Any) -> Any:
        """torch's own optimiser with the same settings."""


def check_update(grad: Array, param: Array) -> Any:
    """The namespace of a gradient and its parameter, which must have one shape."""
    xp = checks.namespace(grad=grad, param=param)
    checks.same_shape(grad=grad, param=param)
    return xp
