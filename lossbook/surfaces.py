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
    """A function of points; the last axis of an array holds the coordinates of a point."""

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


@dataclass(frozen=True)
class Saddle:
    r"""Two valleys with a pass between them: from the ridge through the pass no way down is steep at first.

    The rule: :math:`J(x, y) = \frac12 x^2 + \frac14 (y^2 - 1)^2` with gradient :math:`(x,\; y^3 - y)`. The saddle is
    at (0, 0), where the curvatures are 1 and -1; the minima, J = 0, at (0, 1) and (0, -1).

    >>> Saddle().grad(np.array([2.0, 0.5])).tolist()
    [2.0, -0.375]
    """

    def value(self, theta: Array) -> Array:
        """J at each point; ``theta`` is (..., 2), the result (...)."""
        checks.namespace(theta=theta)
        x, y = theta[..., 0], theta[..., 1]
        return x**2 / 2 + (y**2 - 1) ** 2 / 4  # J = ½ x² + ¼ (y² - 1)²

    def grad(self, theta: Array) -> Array:
        """The gradient at each point, in the shape of ``theta``."""
        xp = checks.namespace(theta=theta)
        x, y = theta[..., 0], theta[..., 1]
        return xp.stack([x, y**3 - y], axis=-1)  # (x, y³ - y)


@dataclass(frozen=True)
class Rosenbrock:
    r"""A curved valley with steep walls and a floor that hardly falls.

    The rule: :math:`J(x, y) = (1 - x)^2 + b\,(y - x^2)^2` with gradient
    :math:`(-2(1 - x) - 4 b x (y - x^2),\; 2 b (y - x^2))`. The minimum, J = 0, is at (1, 1).

    Args:
        steepness: :math:`b`, of the walls, in (0, inf).

    Raises:
        ValueError: a value outside its range.
        TypeError: a value of another type.

    >>> Rosenbrock().value(np.array([[1.0, 1.0], [0.0, 1.0]])).tolist()
    [0.0, 101.0]

    Reference: Rosenbrock, An Automatic Method for Finding the Greatest or Least Value of a Function (1960), section 4.
    """

    steepness: float = 100.0

    def __post_init__(self) -> None:
        checks.in_interval("steepness", self.steepness, "(0, inf)")

    def value(self, theta: Array) -> Array:
        """J at each point; ``theta`` is (..., 2), the result (...)."""
        checks.namespace(theta=theta)
        x, y = theta[..., 0], theta[..., 1]
        return (1 - x) ** 2 + self.steepness * (y - x**2) ** 2  # J = (1 - x)² + b (y - x²)²

    def grad(self, theta: Array) -> Array:
        """The gradient at each point, in the shape of ``theta``."""
        xp = checks.namespace(theta=theta)
        x, y = theta[..., 0], theta[..., 1]
        wall = 2 * self.steepness * (y - x**2)  # 2b (y - x²)
        return xp.stack([-2 * (1 - x) - 2 * x * wall, wall], axis=-1)  # (-2(1 - x) - 4bx (y - x²), 2b (y - x²))


@dataclass(frozen=True)
class Beale:
    r"""A plain with steep corners: gradients of very different sizes on one way down.

    The rule: :math:`J(x, y) = \sum_{i=1}^3 r_i^2` with :math:`r_i = c_i - x + x y^i` and
    :math:`c = (1.5, 2.25, 2.625)`, with gradient :math:`\sum_i 2 r_i\,(y^i - 1,\; i\,x\,y^{i-1})`. The minimum,
    J = 0, is at (3, 0.5).

    >>> Beale().value(np.array([[3.0, 0.5], [0.0, 0.0]])).tolist()
    [0.0, 14.203125]

    Reference: Moré, Garbow and Hillstrom, Testing Unconstrained Optimization Software (1981), function 5.
    """

    def value(self, theta: Array) -> Array:
        """J at each point; ``theta`` is (..., 2), the result (...)."""
        checks.namespace(theta=theta)
        return sum(r**2 for _, r in self._residuals(theta))  # J = Σ r_i²

    def grad(self, theta: Array) -> Array:
        """The gradient at each point, in the shape of ``theta``."""
        xp = checks.namespace(theta=theta)
        x, y = theta[..., 0], theta[..., 1]
        along_x = sum(2 * r * (y**i - 1) for i, r in self._residuals(theta))  # Σ 2 r_i (y^i - 1)
        along_y = sum(2 * r * i * x * y ** (i - 1) for i, r in self._residuals(theta))  # Σ 2 r_i i x y^(i-1)
        return xp.stack([along_x, along_y], axis=-1)

    def _residuals(self, theta: Array) -> list[tuple[int, Array]]:
        """i and r_i = c_i - x + x y^i."""
        x, y = theta[..., 0], theta[..., 1]
        return [(i, c - x + x * y**i) for i, c in enumerate((1.5, 2.25, 2.625), start=1)]


#: name -> the surface; each has its lowest value, 0, somewhere
SURFACES: dict[str, Surface] = {
    "bowl": Quadratic(curvatures=(1.0, 2.0)),
    "ravine": Quadratic(curvatures=(1.0, 25.0), angle=0.5),
    "saddle": Saddle(),
    "Rosenbrock": Rosenbrock(),
    "Beale": Beale(),
}


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
