"""What no tool can see from here, as questions to the reader."""

from __future__ import annotations

from collections.abc import Callable

from lossbook.evidence import Case, unwrapped
from lossbook.probes.fresh import is_as_drawn

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
    (
        lambda case, symptom, found: not found and symptom == "healthy" and case.metric is None,
        "Does the score that you judge by agree with a count by hand, of ten examples? How it is made was not seen.",
    ),
    (
        lambda case, symptom, found: not found and symptom != "too-short" and _begins_as_drawn(case),
        "Should it begin with weights that were loaded? It begins with weights as torch draws them: print what "
        "load_state_dict(...) gives back.",
    ),
)


def _begins_as_drawn(case: Case) -> bool:
    """Whether all layers of torch begin as they are made."""
    params = [
        (each, module)
        for module in unwrapped(case.start.model).modules()
        if hasattr(module, "reset_parameters")
        for each in module.parameters(recurse=False)
        if each.ndim > 1
    ]
    try:
        return bool(params) and all(is_as_drawn(each, module) for each, module in params)
    except Exception:  # a module of the reader's own
        return False


def questions(case: Case, symptom: str, *, found: bool) -> tuple[str, ...]:
    """The questions that fit a training.

    Args:
        case: the training.
        symptom: the code of what its loss shows.
        found: a cause was found.
    """
    return tuple(question for asks, question in QUESTIONS if asks(case, symptom, found))
