"""2.2 Optimisers."""

from __future__ import annotations

from collections.abc import Callable

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Number, Numbers, Tried

Step = Callable[[float, float, float], tuple[float, float]]


def momentum(theta: float, g: float, b: float) -> tuple[float, float]:
    b = 0.9 * b + g
    return theta - 0.1 * b, b


def _close(one: float, other: float) -> bool:
    return abs(one - other) < 1e-9


def _rolls_on(step: Step) -> bool:
    theta, b = step(1.0, 2.0, 0.0)
    theta, _ = step(theta, 0.0, b)
    return _close(theta, 1.0 - 0.1 * 2 - 0.1 * 1.8)


TRIALS = (
    ("the first step is that of gradient descent", lambda step: _close(step(1.0, 2.0, 0.0)[0], 0.8)),
    ("the velocity is handed on", lambda step: _close(step(1.0, 2.0, 1.0)[1], 2.9)),
    ("the ball rolls on where the slope is 0", _rolls_on),
)

ROWS = {
    "ex-02-2-zero-grad": Exercise(
        "with which μ does she run momentum?",
        Number(within=0.0),
        right=lambda: 1.0,
        mistakes=(
            (0.9, "This is the usual one. How much of the old gradients does she forget?"),
            (0.0, "This would be gradient descent. Are the old gradients gone?"),
        ),
        hint="With which factor does the first gradient stand in the sum after ten steps?",
    ),
    "ex-02-2-clipped": Exercise(
        "how long is the first step?",
        Number(within=0.01),
        right=lambda: 0.1 * min(17.0, 1.0),
        mistakes=(
            (0.1 * 17, "This is the step without clipping."),
            (1.0, "This is the length of the clipped gradient. The step is that times the rate."),
            (17.0, "This is the gradient itself."),
        ),
    ),
    "ex-02-2-first": Exercise(
        "how long are the three first steps?",
        Numbers(("gradient descent", "momentum", "Adam")),
        right=lambda: (0.01 * 17.0, 0.01 * 17.0, 0.01),
        mistakes=(
            ((0.17, 1.7, 0.01), "Momentum has to gather speed first. What is the velocity after one gradient?"),
            ((0.17, 0.017, 0.01), "This momentum does not multiply the new gradient by 1 - μ."),
            ((0.17, 0.17, 0.17), "Adam divides the gradient by its own size."),
            ((17.0, 17.0, 1.0), "These are in units of the rate. Multiply by it."),
        ),
    ),
    "ex-02-2-bug": Exercise(
        "what does the mended `step(theta, g, b)` look like, with a rate of 0.1 and μ = 0.9?",
        Tried("your function, which gives (theta, b)", TRIALS),
        right=lambda: momentum,
        mistakes=(
            (lambda theta, g, b: (theta - 0.1 * g, 0.9 * b + g), "The velocity is kept, and nothing moves by it."),
            (lambda theta, g, b: (theta - 0.1 * (0.9 * 0.0 + g), g), "The velocity begins anew at each step."),
            (
                lambda theta, g, b: (theta - 0.1 * (0.9 * b + 0.1 * g), 0.9 * b + 0.1 * g),
                "This is a mean; the page's rule adds the whole gradient.",
            ),
        ),
    ),
}
