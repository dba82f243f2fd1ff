"""Early stopping, by hand, and one contract for every row of STOPPING."""

from __future__ import annotations

import math
import pickle
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import lossbook.stopping
from lossbook.stopping import STOPPING, EarlyStopping, StoppingState

rows = pytest.mark.parametrize("rule", STOPPING.values(), ids=STOPPING.keys())
nan = math.nan


def feed(rule: Any, losses: list[float]) -> tuple[list[bool], StoppingState]:
    """The rule's answer after each loss, and its last state."""
    state, said = rule.init(), []
    for loss in losses:
        stop, state = rule.update(loss, state)
        said.append(stop)
    return said, state


@pytest.mark.parametrize(
    ("rule", "losses", "stops_at", "state"),
    [
        (EarlyStopping(patience=1), [3.0, 2.0, 1.0], None, (3, 1.0, 2, 0)),
        (EarlyStopping(patience=1), [3.0, 3.0], 1, (2, 3.0, 0, 1)),  # equal is not better
        (EarlyStopping(patience=2), [3.0, 4.0, 2.0, 5.0, 4.0], 4, (5, 2.0, 2, 2)),  # 4.0 is not better than 2.0
        (EarlyStopping(patience=3), [3.0, 4.0, 2.0, 5.0, 4.0], None, (5, 2.0, 2, 2)),
        (EarlyStopping(patience=1, min_delta=0.5), [3.0, 2.5], 1, (2, 3.0, 0, 1)),  # better by 0.5 is not by more
        (EarlyStopping(patience=2, min_delta=0.5), [3.0, 2.75, 2.25], None, (3, 2.25, 2, 0)),  # measured from the best
        (EarlyStopping(patience=2), [nan, nan, nan], 1, (3, math.inf, None, 3)),
        (EarlyStopping(patience=2), [nan, 1.0, nan, 0.5, math.inf, nan], 5, (6, 0.5, 3, 2)),
        (EarlyStopping(patience=1), [math.inf], 0, (1, math.inf, None, 1)),
        (EarlyStopping(patience=2), [-math.inf, 1.0, -1.0, -1.0], None, (4, -1.0, 2, 1)),
        (EarlyStopping(patience=2), [-1.0, -0.5, -0.75], 2, (3, -1.0, 0, 2)),  # below 0, too, larger is worse
    ],
)
def test_numbers_worked_out_by_hand(rule: Any, losses: list[float], stops_at: int | None, state: tuple) -> None:
    said, end = feed(rule, losses)
    first = said.index(True) if True in said else None
    assert (first, end) == (stops_at, state)


@rows
def test_a_run_that_gets_better_goes_on_and_one_that_does_not_ends(rule: Any) -> None:
    assert not any(feed(rule, [1 / (1 + step) for step in range(100)])[0])
    said, state = feed(rule, [1.0] * 100)
    assert said == [False] * rule.patience + [True] * (100 - rule.patience)  # and it keeps on saying so
    assert (state.step, state.best, state.best_step) == (100, 1.0, 0)


@rows
def test_update_is_pure(rule: Any) -> None:
    _, state = feed(rule, [3.0, 2.0, 2.5])
    kept = tuple(state)
    assert rule.update(1.0, state) == rule.update(1.0, state) == (False, (4, 1.0, 3, 0))
    assert tuple(state) == kept
    assert type(rule.update(1.0, state)[0]) is bool


@rows
def test_a_rule_is_a_value(rule: Any) -> None:
    again = eval(repr(rule), vars(lossbook.stopping))
    assert again == rule == pickle.loads(pickle.dumps(rule))
    assert hash(again) == hash(rule)
    with pytest.raises(FrozenInstanceError):
        rule.patience = 3


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: EarlyStopping(patience=0), "patience must be at least 1, got 0."),
        (lambda: EarlyStopping(patience=2.0), "patience must be a whole number, got 2.0 of type float."),  # type: ignore[arg-type]
        (lambda: EarlyStopping(min_delta=-0.1), r"min_delta must lie in \[0, inf\), got -0.1."),
        (lambda: feed(EarlyStopping(), [None]), "loss must be a Python number, got None of type NoneType."),  # type: ignore[list-item]
        (
            lambda: feed(EarlyStopping(), [torch.tensor(1.0)]),  # type: ignore[list-item]
            r"loss must be a Python number, got tensor\(1.\) of type Tensor.",
        ),
    ],
)
def test_what_does_not_fit_is_refused(make: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{words}"):
        make()


LOSS = st.one_of(st.integers(-100, 100).map(float), st.sampled_from([math.nan, math.inf, -math.inf]))
RULES = [EarlyStopping(patience=2), EarlyStopping(patience=3, min_delta=2.0), EarlyStopping(patience=1, min_delta=0.5)]


@given(losses=st.lists(LOSS, max_size=40), shift=st.integers(-1000, 1000), rule=st.sampled_from(RULES))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_a_loss_that_is_shifted_stops_at_the_same_step(losses: list[float], shift: int, rule: Any) -> None:
    said, state = feed(rule, losses)
    shifted, moved = feed(rule, [loss + shift for loss in losses])
    assert said == shifted
    assert (state.best_step, state.bad) == (moved.best_step, moved.bad)


@given(losses=st.lists(LOSS, max_size=40), rule=st.sampled_from(RULES))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_the_best_is_a_loss_that_was_seen_and_none_is_better_by_more(losses: list[float], rule: Any) -> None:
    _, state = feed(rule, losses)
    finite = [loss for loss in losses if math.isfinite(loss)]
    if not finite:
        assert (state.best, state.best_step) == (math.inf, None)
        return
    assert losses[state.best_step] == state.best  # type: ignore[index]
    assert min(finite) >= state.best - rule.min_delta
