"""What no tool can see from here, as questions to the reader."""

from __future__ import annotations

from collections.abc import Callable

from lossbook.evidence import Case

#: when to ask -> what; whoever has a finding is not asked
QUESTIONS: tuple[tuple[Callable[[Case, str, bool], bool], str], ...] = (
    (
        lambda case, symptom, found: not found and symptom != "healthy",
        "Do the targets say what you mean? Look at ten examples as the model gets them, each beside its target.",
    ),
    (
        lambda case, symptom, found: not found and symptom in ("plateau", "slow", "high-flat", "too-short"),
        "How low can this loss get? A simpler model, or another's result on these data, says where the floor is.",
    ),
    (
        lambda case, symptom, found: case.held_out is None and not case.log.val_loss.values,
        "Does it work on examples that it has not seen? No held-out loss was told: step(val_loss=...).",
    ),
    (
        lambda case, symptom, found: not found and symptom == "healthy",
        "Is the loss what you want to be low? A training can be sound and answer another question.",
    ),
)


def questions(case: Case, symptom: str, *, found: bool) -> tuple[str, ...]:
    """The questions that fit a training.

    Args:
        case: the training.
        symptom: the code of what its loss shows.
        found: a cause was found.
    """
    return tuple(question for asks, question in QUESTIONS if asks(case, symptom, found))
