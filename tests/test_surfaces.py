"""Surfaces, and an optimiser's path over them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lossbook.optim import SGD
from lossbook.surfaces import Quadratic, descend

RAVINE = Quadratic(curvatures=(1.0, 25.0), angle=0.7)


def test_gradient_is_the_slope_of_the_value() -> None:
    theta, h = np.array([1.3, -0.4]), 1e-6
    slopes = [(RAVINE.value(theta + h * e) - RAVINE.value(theta - h * e)) / (2 * h) for e in np.eye(2)]
    np.testing.assert_allclose(RAVINE.grad(theta), slopes, rtol=1e-8)


def test_curvatures_are_the_eigenvalues_and_the_angle_turns_them() -> None:
    values, vectors = np.linalg.eigh(RAVINE.hessian)
    np.testing.assert_allclose(values, [1.0, 25.0])
    np.testing.assert_allclose(abs(vectors[:, 0]), [np.cos(0.7), np.sin(0.7)])


def test_many_points_and_tensors_give_the_same() -> None:
    points = np.random.default_rng(0).normal(size=(4, 3, 2))
    each = [[RAVINE.value(point) for point in row] for row in points]
    np.testing.assert_allclose(RAVINE.value(points), each)
    np.testing.assert_allclose(RAVINE.value(torch.tensor(points)), each)


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
    with pytest.raises(ValueError, match="steps must be at least 0, got -1"):
        descend(RAVINE, SGD(), (1.0, 1.0), steps=-1)
