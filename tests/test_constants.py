"""The constants that give a cause away, against torch and against losses that only come near."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from lossbook.causes import CAUSES
from lossbook.constants import CONSTANTS, given_away


@pytest.mark.parametrize("name", CONSTANTS)
def test_each_constant_is_found_and_names_causes_that_there_are(name: str) -> None:
    row = CONSTANTS[name]
    found = given_away(np.full(20, row.value))
    assert found[0].constant.value == pytest.approx(row.value, rel=1e-3)
    assert row.causes
    assert set(row.causes) <= set(CAUSES)
    assert row.sentence.endswith(".")
    assert str(found[0]).startswith(f"the loss ends at {row.value:.4g}, which is ")


def test_the_values_are_those_of_torch() -> None:
    right, wrong = torch.tensor([0]), torch.tensor([1])
    for classes in (3, 10, 100):
        uniform, sure = torch.zeros(1, classes), functional.one_hot(right, classes).double()
        assert functional.cross_entropy(uniform, right).item() == pytest.approx(CONSTANTS[f"ln {classes}"].value)
        twice = functional.cross_entropy(sure, right).item()
        assert twice == pytest.approx(CONSTANTS[f"ln(1 + {classes - 1}/e)"].value)
    one, zero = torch.ones(1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    both = [functional.binary_cross_entropy_with_logits(p, y).item() for p, y in ((one, one), (zero, zero))]
    assert both[0] == pytest.approx(CONSTANTS["ln(1 + 1/e)"].value)
    assert sum(both) / 2 == pytest.approx(CONSTANTS["(ln 2 + ln(1 + 1/e)) / 2"].value)
    assert functional.binary_cross_entropy(zero, one).item() == CONSTANTS["100"].value
    assert -torch.log(torch.tensor(1e-12)).item() == pytest.approx(CONSTANTS["-ln 1e-12"].value)
    assert functional.triplet_margin_loss(*[torch.ones(1, 4)] * 3).item() == CONSTANTS["1"].value
    assert functional.cross_entropy(torch.zeros(1, 10), wrong).item() == pytest.approx(math.log(10))


@pytest.mark.parametrize(
    "losses",
    [
        np.linspace(2.6, 2.0, 50),  # passes ln 10
        np.full(50, 2.35),
        np.full(50, 99.0),
        np.full(50, 1e-12),
        np.array([2.3]),
        np.array([]),
        np.full(5, np.nan),
    ],
)
def test_what_passes_or_only_comes_near_is_not_told(losses: np.ndarray) -> None:
    assert given_away(losses) == []


def test_noise_hides_no_constant() -> None:
    noisy = math.log(10) + np.random.default_rng(0).normal(0, 0.05, 2000)
    assert [found.name for found in given_away(noisy)] == ["ln 10"]


def test_losses_in_bits_are_compared_in_bits() -> None:
    assert [found.name for found in given_away(np.full(20, math.log2(10)), unit="bits")] == ["ln 10"]
    assert given_away(np.full(20, math.log2(10))) == []


def test_one_loss_is_told_one_constant() -> None:
    assert [found.name for found in given_away(np.full(20, math.log(1 + 1 / math.e)))] == ["ln(1 + 1/e)"]
    assert [found.name for found in given_away(np.zeros(20))] == ["0"]
