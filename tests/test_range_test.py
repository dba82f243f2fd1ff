"""The judge of the learning-rate range test, on made curves: no unit, no sign and no noise may fool it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossbook import Experiment, lr_range_test
from lossbook.data import Digits
from lossbook.initializers import Normal
from lossbook.loop import Loop
from lossbook.losses import SoftmaxCrossEntropy
from lossbook.models import MLP
from lossbook.optim import SGD
from lossbook.sweeps.range_test import _judge

LRS = tuple(np.logspace(-5, 1, 100).tolist())
BASE = Experiment(Digits(train_size=200), MLP((784, 10)), SoftmaxCrossEntropy(), SGD(), batch_size=32, device="cpu")


def curve(seed: int, noise: float, fall: float = 0.0) -> np.ndarray:
    """A loss of 1 that falls to 1 - ``fall`` at the 60th step, and is lost at the 85th."""
    steps = np.arange(100)
    falls = -fall / (1 + np.exp(-(steps - 60) / 4)) + 50 * (steps > 85) * (fall > 0)
    return 1.0 + falls + np.random.default_rng(seed).normal(0.0, noise, 100)


@pytest.mark.parametrize("level", [-100.0, -1.0, -0.1, 0.0, 0.1, 2.3])
@pytest.mark.parametrize("noise", [0.0, 0.01, 0.3])
def test_a_flat_loss_of_any_sign_gets_no_suggestion(level: float, noise: float) -> None:
    found = [_judge(LRS, tuple(level - 1.0 + curve(seed, noise))).suggested for seed in range(100)]
    assert sum(suggested is not None for suggested in found) <= 2


@given(seed=st.integers(0, 99), shift=st.floats(-1e3, 1e3), scale=st.floats(1e-3, 1e3))
def test_what_is_found_does_not_depend_on_unit_and_zero(seed: int, shift: float, scale: float) -> None:
    losses = curve(seed, noise=0.02, fall=0.8)
    here, there = _judge(LRS, tuple(losses)), _judge(LRS, tuple(scale * (losses + shift)))
    assert here.suggested is not None
    assert LRS[45] < here.suggested < LRS[70]
    assert here.blow_up is not None
    assert LRS[80] < here.blow_up < LRS[90]
    assert (there.suggested, there.blow_up) == (here.suggested, here.blow_up)


def test_a_first_loss_that_is_not_finite_is_no_fault_of_a_learning_rate() -> None:
    huge = replace(BASE, model=MLP((784, 32, 10), init=Normal(std=1e25)))
    with pytest.raises(ValueError, match="the first loss must be finite, got .* no learning rate is at fault"):
        lr_range_test(huge, steps=20)
    late = _judge(LRS[:20], (2.0,) * 10 + (float("nan"),) * 10)
    assert (late.suggested, late.blow_up) == (None, LRS[10])


@dataclass(frozen=True)
class CtrlC(Loop):
    """A loop in which the reader presses Ctrl-C."""

    at: int = 0

    def step(self, training: Any, x: Any, y: Any) -> Any:
        if training.step == self.at:
            raise KeyboardInterrupt
        return super().step(training, x, y)


@pytest.mark.parametrize("at", [0, 15])
def test_half_a_test_is_not_judged(at: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        lr_range_test(replace(BASE, loop=CtrlC(at=at)), steps=20)
