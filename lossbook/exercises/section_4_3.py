"""4.3 L2 regularisation."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Numbers, Tried

Decay = Callable[[Tensor, float, float], Tensor]


def theirs(lr: float = 0.01, decay: float = 0.1) -> float:
    """What torch's AdamW leaves of a weight of 2 in a step without a gradient."""
    p = torch.full((1,), 2.0, requires_grad=True)
    p.grad = torch.zeros(1)
    torch.optim.AdamW([p], lr=lr, weight_decay=decay).step()
    return p.item()


def _left(shrink: Decay, lr: float = 0.01, decay: float = 0.1) -> float:
    return float(shrink(torch.full((1,), 2.0), lr, decay))


ROWS = {
    "ex-04-3-batch-norm": Exercise(
        "by what are the three multiplied?",
        Numbers(("loss", "penalty", "gradient")),
        right=lambda: (1.0, 10.0**2, 1 / 10),
        mistakes=(
            (
                (1.0, 100.0, 10.0),
                "The weights are ten times as far from everything: does the loss slope more, or less?",
            ),
            ((1.0, 10.0, 0.1), "The penalty is made of squares."),
            ((1.0, 100.0, 1.0), "The same loss, over a way ten times as long: what is its slope?"),
        ),
    ),
    "ex-04-3-early-stop": Exercise(
        "which share is reached?",
        Tried(
            "your function share(kappa, alpha, t)",
            (
                ("after no step it is 0", lambda share: abs(share(1.0, 0.1, 0)) < 1e-9),
                ("after one step it is right", lambda share: abs(share(2.0, 0.1, 1) - 0.2) < 1e-9),
                ("after many steps, too", lambda share: abs(share(0.5, 0.1, 20) - (1 - 0.95**20)) < 1e-9),
            ),
        ),
        right=lambda: lambda kappa, alpha, t: 1 - (1 - alpha * kappa) ** t,
        mistakes=(
            (lambda kappa, alpha, t: (1 - alpha * kappa) ** t, "This is the share that is left."),
            (lambda kappa, alpha, t: alpha * kappa * t, "So it begins. Can it grow beyond the whole?"),
        ),
    ),
    "ex-04-3-belief": Exercise(
        "which λ is it?",
        Tried(
            "your function lam(sigma, N, tau)",
            (
                ("noisier answers ask for more", lambda lam: lam(2.0, 10, 1.0) > lam(1.0, 10, 1.0)),
                ("more examples ask for less", lambda lam: lam(1.0, 20, 1.0) < lam(1.0, 10, 1.0)),
                ("the value is right", lambda lam: abs(lam(0.3, 200, 0.1) - 0.3**2 / (200 * 0.1**2)) < 1e-9),
            ),
        ),
        right=lambda: lambda sigma, N, tau: sigma**2 / (N * tau**2),
        mistakes=(
            (lambda sigma, N, tau: sigma**2 / tau**2, "This belongs to a sum over the examples. The loss is a mean."),
            (
                lambda sigma, N, tau: sigma**2 / (2 * N * tau**2),
                "Nearly. Bring both terms to the form of the exercise: what becomes of the halves?",
            ),
            (lambda sigma, N, tau: tau**2 / (N * sigma**2), "A firm belief, a small τ, should give a strong penalty."),
        ),
    ),
    "ex-04-3-bug": Exercise(
        "what does the mended `shrink(p, lr, decay)` look like?",
        Tried(
            "your function, which gives the shorter weight",
            (
                ("the weight gets shorter", lambda shrink: 0 < _left(shrink) < 2),
                ("it is what AdamW does without a gradient", lambda shrink: abs(_left(shrink) - theirs()) < 1e-6),
                ("with a rate of 0 nothing moves", lambda shrink: _left(shrink, lr=0.0) == 2),
            ),
        ),
        right=lambda: lambda p, lr, decay: p * (1 - lr * decay),
        mistakes=(
            (lambda p, lr, decay: p * (1 - decay), "It gets shorter, and far too fast: what happens with a rate of 0?"),
            (lambda p, lr, decay: p - lr * decay, "Each weight loses the same amount. Decay takes a share."),
        ),
    ),
}
