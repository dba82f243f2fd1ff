"""What no tool can see from here, as questions to the reader."""

from __future__ import annotations

from collections.abc import Callable

import torch

from lossbook.evidence import Case, unwrapped
from lossbook.evidence.replay import output_of
from lossbook.probes.examples import joined
from lossbook.probes.fresh import is_as_drawn
from lossbook.probes.one_by_one import predicted_classes

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
    (
        lambda case, symptom, found: not found and _never_says_the_rare(case),
        "Must the rare answer be found? The model hardly ever gives it, as a loss of probabilities allows: weigh it "
        "(weight=, pos_weight=), or take a lower threshold.",
    ),
)
RARE, SELDOM, LEAST = 0.1, 0.5, 5  # share of the targets; of those, how many are given; and how many there must be


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


def _never_says_the_rare(case: Case) -> bool:
    """Whether one class, or yes, is rare among the targets, and less than half of its examples are told as such."""
    if not case.batches or case.loss is None:
        return False
    try:
        every = joined(case.batches)
        predicted = predicted_classes(case, output_of(case.now.model, every), every.target)
    except Exception:  # the reader's own model, of batches that go together otherwise
        return False
    if predicted is None or predicted.numel() != every.target.numel():
        return False
    classes, said = every.target.flatten().long(), predicted.flatten()
    counts = torch.bincount(classes[classes >= 0])
    rare = [name for name, count in enumerate(counts.tolist()) if LEAST <= count < RARE * len(classes)]
    return any(float((said[classes == name] == name).double().mean()) < SELDOM for name in rare)


def questions(case: Case, symptom: str, *, found: bool) -> tuple[str, ...]:
    """The questions that fit a training.

    Args:
        case: the training.
        symptom: the code of what its loss shows.
        found: a cause was found.
    """
    return tuple(question for asks, question in QUESTIONS if asks(case, symptom, found))
