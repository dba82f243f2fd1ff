"""4.2 Adam."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite, sqrt

import torch

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Choice, Number, Numbers, Tried

Rule = Callable[[float, float, float, int], tuple[float, float, float]]
GRADIENTS = (3.0, -2.0, 0.5, -4.0)


def adam(g: float, m: float, v: float, t: int) -> tuple[float, float, float]:
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g * g
    m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.999**t)
    return -0.01 * m_hat / (sqrt(v_hat) + 1e-8), m, v


def walk(rule: Rule, gradients: tuple[float, ...] = GRADIENTS) -> float:
    theta, m, v = 1.0, 0.0, 0.0
    for t, g in enumerate(gradients, 1):
        move, m, v = rule(g, m, v, t)
        theta += move
    return theta


def torchs(gradients: tuple[float, ...] = GRADIENTS) -> float:
    theta = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([theta], lr=0.01)
    for g in gradients:
        theta.grad = torch.tensor(g, dtype=torch.float64)
        optimizer.step()
    return theta.item()


def without_square(g: float, m: float, v: float, t: int) -> tuple[float, float, float]:
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g
    root = sqrt(v / (1 - 0.999**t)) if v >= 0 else float("nan")
    return -0.01 * m / (1 - 0.9**t) / (root + 1e-8), m, v


def uncorrected(g: float, m: float, v: float, t: int) -> tuple[float, float, float]:
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g * g
    return -0.01 * m / (sqrt(v) + 1e-8), m, v


ROWS = {
    "ex-04-2-born-again": Exercise(
        "which rule does this loop run?",
        Choice(("Adam", "RMSprop", "momentum", "sign descent")),
        right=lambda: "sign descent",
        mistakes=(
            ("Adam", "What does Adam remember at its first step?"),
            ("RMSprop", "It would remember the squares of earlier gradients."),
            ("momentum", "It would remember earlier gradients."),
        ),
    ),
    "ex-04-2-how-far": Exercise(
        "which share of the initial loss is gone after 300 steps?",
        Number(within=0.05),
        right=lambda: 1 - (5 - 300 * 0.001) ** 2 / 5**2,
        mistakes=(
            (0.06, "This is the share of the way. The loss is its square."),
            (0.88, "This is what is left."),
            (1.0, "How far can it get with 300 steps of about α each?"),
        ),
    ),
    "ex-04-2-first": Exercise(
        "how long is the first step, in units of α?",
        Numbers(("corrected", "not corrected"), within=0.01),
        right=lambda: (1.0, (1 - 0.9) / sqrt(1 - 0.999)),
        mistakes=(
            ((1.0, 0.1), "The mean is a tenth of the gradient. The root is small, too."),
            ((1.0, 1.0), "Without the correction both means are too small, and not by the same factor."),
            ((1.0, sqrt(1 - 0.999) / (1 - 0.9)), "You have turned the ratio round."),
        ),
    ),
    "ex-04-2-bug": Exercise(
        "what does the mended `adam(g, m, v, t)` look like, with α = 0.01?",
        Tried(
            "your function, which gives (move, m, v)",
            (
                ("the first step is α long", lambda rule: abs(walk(rule, (3.0,)) - torchs((3.0,))) < 1e-6),
                ("it stays finite for negative gradients", lambda rule: isfinite(walk(rule))),
                ("it walks as torch's Adam does", lambda rule: abs(walk(rule) - torchs()) < 1e-6),
            ),
        ),
        right=lambda: adam,
        mistakes=(
            (without_square, "Of which number is the root taken when gradients are negative?"),
            (uncorrected, "It stays finite. Its first steps are too long: what does t do?"),
        ),
    ),
}
