"""Large arrays stepped in pieces: the same numbers as in one piece, in place, with either library."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from lossbook.optim import OPTIMIZERS, Adam, step_in_place
from lossbook.optim.chunks import CACHE

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
