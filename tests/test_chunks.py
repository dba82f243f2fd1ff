"""Large arrays stepped in pieces: the same numbers as in one piece, in place, with either library."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

from lossbook.optim import OPTIMIZERS, SGD, Adam, batched, step_in_place
from lossbook.optim.chunks import CACHE
from lossbook.schedules import Exponential

rules = pytest.mark.parametrize("rule", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
SHAPE = (3, CACHE["numpy"] // 2 + 5)  # several pieces, the last one shorter, for any number of state arrays


def arrays(library: str) -> list[Any]:
    rng = np.random.default_rng(0)
    made = [rng.normal(size=SHAPE).astype(np.float32) for _ in range(4)]
    return [torch.tensor(array) for array in made] if library == "torch" else made


@rules
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_pieces_give_what_the_whole_gives(rule: Any, library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CACHE, "torch", CACHE["numpy"])
    param, *grads = arrays(library)
    whole, state, pieces = param + 0, rule.init(param), rule.init(param)
    for grad in grads:
        delta, state = rule.update(grad, state, whole)
        whole = whole + delta
        pieces = step_in_place(rule, grad, pieces, param)
    np.testing.assert_array_equal(np.asarray(param), np.asarray(whole))
    assert type(pieces) is type(state)
    assert pieces.step == 3
    for mine, theirs in zip(pieces, state, strict=True):
        np.testing.assert_array_equal(np.asarray(mine), np.asarray(theirs))


@dataclass(frozen=True)
class Centred(SGD):
    """Subtracts the mean of the whole gradient, so that it does not work element by element."""

    def update(self, grad: Any, state: Any, param: Any) -> Any:  # type: ignore[override]
        return super().update(grad - grad.mean(), state, param)


@dataclass(frozen=True)
class Scaled(Adam):
    """Divides by the norm of the whole gradient, inside the rule's own lines."""

    def _update(self, xp: Any, grad: Any, *rest: Any) -> Any:
        return super()._update(xp, grad / xp.sqrt(xp.sum(grad * grad)), *rest)


@pytest.mark.parametrize("rule", [Centred(lr=1.0), Scaled(lr=1.0)], ids=str)
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_a_rule_that_looks_at_the_whole_gradient_gets_it_at_any_size(rule: Any, library: str) -> None:
    param, grad, *_ = arrays(library)
    delta, _ = rule.update(grad, rule.init(param), param)
    expected = param + delta
    step_in_place(rule, grad, rule.init(param), param)
    np.testing.assert_array_equal(np.asarray(param), np.asarray(expected))


def test_each_class_says_for_itself_that_it_is_element_by_element() -> None:
    assert all(vars(type(rule))["elementwise"] for rule in OPTIMIZERS.values())
    assert "elementwise" not in vars(Centred)


def test_many_runs_with_settings_of_their_own_are_stepped_whole() -> None:
    param, grad, *_ = arrays("numpy")
    rule = batched([SGD(lr=0.1 * run) for run in range(len(param))], param)
    delta, _ = rule.update(grad, rule.init(param), param)
    expected = param + delta
    step_in_place(rule, grad, rule.init(param), param)
    np.testing.assert_array_equal(param, expected)


def test_the_rate_of_the_step_may_be_passed() -> None:
    param, grad, *_ = arrays("numpy")
    expected = param - np.float32(0.5) * grad
    step_in_place(SGD(lr=Exponential(0.1, 0.5)), grad, SGD().init(param), param, lr=0.5)
    np.testing.assert_array_equal(param, expected)


def test_a_numpy_scalar_is_refused_since_it_cannot_be_changed() -> None:
    one = np.float64(1)
    with pytest.raises(TypeError, match=r"param must be an array, which can be changed in place, got the NumPy scalar"):
        step_in_place(SGD(), one, SGD().init(one), one)


def test_an_array_whose_memory_is_not_in_order_is_stepped_whole() -> None:
    param, grad, *_ = arrays("numpy")
    transposed, rule = param.T.copy().T, Adam()
    step_in_place(rule, grad, rule.init(transposed), transposed)
    delta, _ = rule.update(grad, rule.init(param), param)
    np.testing.assert_array_equal(transposed, param + delta)


def test_what_the_rule_refuses_is_refused_and_nothing_moves() -> None:
    param = np.ones(3, dtype=np.float32)
    with pytest.raises(ValueError, match="grad and param must have the same shape"):
        step_in_place(Adam(), np.ones((3, 1), dtype=np.float32), Adam().init(param), param)
    np.testing.assert_array_equal(param, 1)
