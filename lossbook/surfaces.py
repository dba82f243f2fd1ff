"""Functions of two parameters, to watch an optimiser walk on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from lossbook import checks
from lossbook.checks import Array
from lossbook.optim.base import Rule


class Surface(Protocol):
    """A function of a point whose last axis holds its coordinates."""

    def value(self, theta: Array) -> Array: ...

    def grad(self, theta: Array) -> Array: ...


@dataclass(frozen=True)
class Quadratic:
    r"""A bowl, ravine or saddle: half of each curvature times the square of its coordinate, turned by an angle.

    The rule: :math:`J(\theta) = \frac12 \theta^\top H \theta` with
    :math:`H = Q\,\mathrm{diag}(\kappa_1, \kappa_2)\,Q^\top` and gradient :math:`H\theta`, where :math:`Q` turns by
    ``angle``.

    Args:
        curvatures: :math:`\kappa_1, \kappa_2`, the eigenvalues of H.
        angle: radians, from the first axis to the first eigenvector.

    >>> bowl = Quadratic(curvatures=(1.0, 10.0))
    >>> float(bowl.value(np.array([2.0, 1.0]))), bowl.grad(np.array([2.0, 1.0])).tolist()
    (7.0, [2.0, 10.0])
    """

    curvatures: tuple[float, float] = (1.0, 10.0)
    angle: float = 0.0

    def __post_init__(self) -> None:
        checks.pair("curvatures", self.curvatures)
        for index in (0, 1):
            checks.in_interval(f"curvatures[{index}]", self.curvatures[index], "(-inf, inf)")
        checks.in_interval("angle", self.angle, "(-inf, inf)")

    @property
    def hessian(self) -> np.ndarray:
        """H, (2, 2)."""
        c, s = math.cos(self.angle), math.sin(self.angle)
        turn = np.array([[c, -s], [s, c]])
        return turn @ np.diag(self.curvatures) @ turn.T

    def value(self, theta: Array) -> Array:
        """J at each point; ``theta`` is (..., 2), the result (...)."""
        xp = checks.namespace(theta=theta)
        return xp.sum(theta * self.grad(theta), axis=-1) / 2  # J = ½ θᵀ H θ

    def grad(self, theta: Array) -> Array:
        """The gradient at each point, in the shape of ``theta``."""
        xp = checks.namespace(theta=theta)
        return theta @ xp.asarray(self.hessian, dtype=theta.dtype)  # ∇J = H θ, and H is symmetric


def descend(surface: Surface, rule: Rule, start: Any, steps: int) -> np.ndarray:
    """The path of ``rule`` from ``start``: every point it visits, (steps + 1, dimensions), the start first.

    >>> from lossbook.optim import SGD
    >>> descend(Quadratic(curvatures=(1.0, 1.0)), SGD(lr=0.5), (4.0, 0.0), steps=2)[:, 0].tolist()
    [4.0, 2.0, 1.0]
    """
    checks.whole_number("steps", steps, 0)
    theta = np.asarray(start, dtype=np.float64)
    state, path = rule.init(theta), [theta]
    for _ in range(steps):
        delta, state = rule.update(surface.grad(theta), state, theta)
        theta = theta + delta
        path.append(theta)
    return np.stack(path)
