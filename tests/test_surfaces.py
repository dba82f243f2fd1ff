"""Surfaces, and an optimiser's path over them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lossbook.optim import SGD
from lossbook.surfaces import SURFACES, Quadratic, Rosenbrock, Surface, descend

RAVINE = Quadratic(curvatures=(1.0, 25.0), angle=0.7)


LOWEST = {"bowl": (0, 0), "ravine": (0, 0), "saddle": (0, 1), "Rosenbrock": (1, 1), "Beale": (3, 0.5)}
every = pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)


@every
@pytest.mark.parametrize("theta", [(1.3, -0.4), (-0.7, 0.2), (0.0, 0.0)], ids=str)
def test_gradient_is_the_slope_of_the_value(surface: Surface, theta: tuple[float, float]) -> None:
    point, h = np.array(theta), 1e-6
    slopes = [(surface.value(point + h * e) - surface.value(point - h * e)) / (2 * h) for e in np.eye(2)]
    np.testing.assert_allclose(surface.grad(point), slopes, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("name", SURFACES)
def test_the_lowest_value_is_0_and_the_gradient_vanishes_there(name: str) -> None:
    surface, lowest = SURFACES[name], np.array(LOWEST[name], dtype=float)
    assert surface.value(lowest) == 0
    np.testing.assert_array_equal(surface.grad(lowest), [0, 0])
    around = lowest + 0.1 * np.random.default_rng(0).normal(size=(100, 2))
    assert (surface.value(around) > 0).all()


def test_the_saddle_falls_to_two_sides_of_a_point_without_slope() -> None:
    saddle = SURFACES["saddle"]
    assert saddle.grad(np.zeros(2)).tolist() == [0, 0]
    assert saddle.value(np.array([0.0, 0.1])) < saddle.value(np.zeros(2)) < saddle.value(np.array([0.1, 0.0]))


def test_curvatures_are_the_eigenvalues_and_the_angle_turns_them() -> None:
    values, vectors = np.linalg.eigh(RAVINE.hessian)
    np.testing.assert_allclose(values, [1.0, 25.0])
    np.testing.assert_allclose(abs(vectors[:, 0]), [np.cos(0.7), np.sin(0.7)])


@every
def test_many_points_and_tensors_give_the_same(surface: Surface) -> None:
    points = np.random.default_rng(0).normal(size=(4, 3, 2))
    for rule in (surface.value, surface.grad):
        each = [[rule(point) for point in row] for row in points]
        np.testing.assert_allclose(rule(points), each)
        np.testing.assert_allclose(rule(torch.tensor(points)), each)


def test_descent_shrinks_each_direction_by_its_own_factor() -> None:
    lr, steps = 0.05, 10
    path = descend(RAVINE, SGD(lr=lr), (1.0, 1.0), steps=steps)
    assert path.shape == (11, 2)
    _, vectors = np.linalg.eigh(RAVINE.hessian)
    expected = (1 - lr * np.array([1.0, 25.0])) ** steps * (vectors.T @ path[0])
    np.testing.assert_allclose(vectors.T @ path[-1], expected, atol=1e-14)


def test_bad_knobs_are_refused() -> None:
    with pytest.raises(TypeError, match=r"curvatures must be a tuple of two numbers, got \(1.0,\)"):
        Quadratic(curvatures=(1.0,))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"steepness must lie in \(0, inf\), got 0.0"):
        Rosenbrock(steepness=0.0)
    with pytest.raises(ValueError, match="steps must be at least 0, got -1"):
        descend(RAVINE, SGD(), (1.0, 1.0), steps=-1)
