"""1.3 Four directions of repair."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from lossbook.causes import suspects
from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Causes, Choice, Tried

ROWS_OF_H = torch.tensor([[3.0, 4.0], [1.0, -1.0]])
COLUMNS = torch.tensor([[0.0, 1.0, 5.0], [0.0, 3.0, 5.0], [0.0, 8.0, 6.0]])


def with_blank(unit: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    """What a unit makes of rows of which one is 0, and the gradient."""
    h = torch.cat([ROWS_OF_H, torch.zeros(1, 2)]).requires_grad_()
    out = unit(h)
    (slope,) = torch.autograd.grad(out.sum(), h)
    return out.detach(), slope


def around(h: Tensor) -> Tensor:
    length = torch.sqrt((h**2).sum(dim=1, keepdim=True))
    return torch.where(length > 0, h / length, 0.0)


def scaled(x: Tensor) -> Tensor:
    std = x.std(dim=0)
    return (x - x.mean(dim=0)) / torch.where(std > 0, std, 1.0)


def _means_and_stds(scale: Callable[[Tensor], Tensor]) -> bool:
    moving = scale(COLUMNS)[:, 1:]
    return bool((moving.mean(dim=0).abs() < 1e-4).all() and ((moving.std(dim=0) - 1).abs() < 1e-3).all())


ROWS = {
    "ex-01-3-twins": Exercise(
        "what tells the two programs apart?",
        Choice(("the losses", "the gradients", "the keys that were loaded", "the accuracy")),
        right=lambda: "the keys that were loaded",
        mistakes=tuple(
            (word, "Both runs are one computation, so nothing that is computed in them differs.")
            for word in ("the losses", "the gradients", "the accuracy")
        ),
        why="The difference is in what somebody meant to do.",
    ),
    "ex-01-3-where": Exercise(
        "what does your unit look like?",
        Tried(
            "a function of h, which gives rows of length 1",
            (
                (
                    "rows have length 1",
                    lambda unit: torch.allclose(unit(ROWS_OF_H).norm(dim=1), torch.ones(2), atol=1e-3),
                ),
                ("the values are finite for a blank row", lambda unit: bool(with_blank(unit)[0].isfinite().all())),
                ("the gradient is finite for a blank row", lambda unit: bool(with_blank(unit)[1].isfinite().all())),
            ),
        ),
        right=lambda: torch.nn.functional.normalize,
        mistakes=(
            (around, "The values are finite now. By what is the slope of the branch multiplied that is not taken?"),
            (lambda h: h / h.norm(dim=1, keepdim=True), "A blank row is divided by its length, which is 0."),
            (
                lambda h: h / (h.norm(dim=1, keepdim=True) + 1),
                "The blank row is safe, and the other rows have lost their length.",
            ),
        ),
    ),
    "ex-01-3-look": Exercise(
        "which causes of *non-finite* have a test that begins with a look?",
        Causes(),
        right=lambda: {row.key for row in suspects("non-finite") if row.cost == "look"},
        mistakes=(
            (
                {row.key for row in suspects("non-finite")},
                "These are all of its causes. Take those with the cheapest test.",
            ),
        ),
        hint="The checklist has a list for each symptom, in three groups.",
        why="Look before you train: these tests take a minute.",
    ),
    "ex-01-3-bug": Exercise(
        "what does the mended `scale(x)` look like?",
        Tried(
            "your function",
            (
                ("a column that never changes stays finite", lambda scale: bool(scale(COLUMNS).isfinite().all())),
                ("the other columns have mean 0 and deviation 1", _means_and_stds),
                ("no column is thrown away", lambda scale: scale(COLUMNS).shape == COLUMNS.shape),
            ),
        ),
        right=lambda: scaled,
        mistakes=(
            (lambda x: (x - x.mean(dim=0)) / x.std(dim=0), "One column has no spread at all: what is it divided by?"),
            (
                lambda x: (x - x.mean()) / x.std(),
                "One mean and one deviation for all columns: they keep their different scales.",
            ),
        ),
        why="A scale of 0 has to be found before the division.",
    ),
}
