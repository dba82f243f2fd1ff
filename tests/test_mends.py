"""Each mend, on a scenario of its cause and on a program of another kind: the training ends lower.

Other learning rates in its place do not help as much, unless ``RATE_TOO`` says so.

One seed of each is tried here. Seeds 50 to 54 of the scenarios and 0 to 4 of the programs were tried by hand.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
import torch
from cases import case, reading
from conftest import each
from foreign import trained
from foreign_step_size import regression
from torch import Tensor, nn

from lossbook.causes import FAMILIES
from lossbook.evidence import Batch, Case
from lossbook.evidence.replay import train
from lossbook.probes import PROBES, Limit, helps, trial_of
from lossbook.probes.trials import LAST, end
from lossbook.scenarios import SCENARIOS, Scenario

Programs = dict[str, Callable[[int], Case]]
FOREIGN: Programs = {}
HEALTHY: Programs = {}
NO_MEND: dict[str, str] = {}
LIMITS: dict[str, Limit] = {}
for family in FAMILIES:
    programs, probes = (
        importlib.import_module(f"foreign_{family}"),
        importlib.import_module(f"lossbook.probes.{family}"),
    )
    FOREIGN |= programs.FOREIGN
    HEALTHY |= getattr(programs, "HEALTHY", {})
    NO_MEND |= getattr(probes, "NO_MEND", {})
    LIMITS |= {f"{family}: {name}": limit for name, limit in probes.LIMITS.items()}
MENDED = [cause for cause in PROBES if cause not in NO_MEND]
NO_PROGRAM = {"no-warmup"}  # none was found that fails for want of a warm-up on every seed
#: causes and scenarios of which another learning rate is a mend as well, and those whose loop cannot be replayed
RATE_TOO = {
    *("lr-too-high", "lr-too-low", "schedule-decays-too-early", "no-warmup", "momentum-too-high"),
    *("exploding-gradients", "sum-reduction-oscillates"),
    *("missing-zero-grad", "train-eval-mode", "state-reset", "low-precision"),
    *("gradients-cleared-early", "loss-misreported"),
}


@lru_cache(maxsize=2)  # what the tests of one program share
def program(cause: str) -> Case:
    return FOREIGN[cause](0)


def programs(causes: Iterable[str]) -> pytest.MarkDecorator:
    """One test per program; one worker does all tests of a program, and trains it once."""
    params = [pytest.param(cause, marks=pytest.mark.xdist_group(f"program {cause}")) for cause in causes]
    return pytest.mark.parametrize("cause", params)


def assert_the_mend_helps(cause: str, case: Case, scales: tuple[float, ...] = (0.1, 10.0)) -> None:
    """The mended training ends lower than as it is, and than with other learning rates in the mend's place."""
    make = PROBES[cause].mend
    mend = None if make is None else make(case)
    assert mend is not None
    trial = trial_of(case, mend)
    assert helps(trial), trial
    least = end(trial.mended) + 3 * float(np.std(trial.mended[-LAST:])) / LAST**0.5
    for scale in scales:
        _, losses = train(case, case.start, mend.steps, lr_scale=scale, measure=mend.case.loss_of)
        assert least < end(losses), (
            f"{scale} times the learning rate: {end(losses):.3g}, mended {end(trial.mended):.3g}"
        )


@programs(FOREIGN)
def test_the_cause_is_found_in_a_program_of_another_kind_and_not_in_the_same_without_it(cause: str) -> None:
    told = PROBES[cause](program(cause))
    assert told.found, told
    if cause in HEALTHY:
        assert PROBES[cause](HEALTHY[cause](0)).outcome in ("not found", "does not apply")


@programs(cause for cause in MENDED if cause not in NO_PROGRAM)
def test_a_mend_helps_a_program_of_another_kind(cause: str) -> None:
    assert_the_mend_helps(cause, program(cause), () if cause in RATE_TOO else (0.1, 10.0))


@each(row for row in SCENARIOS.values() if row.cause in MENDED and row.key != "train-mode-in-validation")
def test_a_mend_helps_the_scenarios_of_its_cause(row: Scenario) -> None:
    """But where the training is right, and only the validation is not."""
    assert row.cause is not None
    scales = () if {row.cause, row.key} & RATE_TOO else (0.1, 10.0)
    assert_the_mend_helps(row.cause, case(row.experiment("broken", 50, "cpu")), scales)


@pytest.mark.parametrize("cause", PROBES)
def test_a_cause_has_a_mend_or_a_reason_why_not(cause: str) -> None:
    assert (PROBES[cause].mend is None) == (cause in NO_MEND)
    assert not NO_MEND.get(cause, "").endswith(".")
    assert cause in FOREIGN or cause in NO_PROGRAM | {"wrong-metric"}


def test_a_rate_that_is_too_high_by_far_is_divided_until_the_loss_stays_finite() -> None:
    far = regression(0, 1e3)
    told, mend = PROBES["lr-too-high"](far), PROBES["lr-too-high"].mend
    assert told.found, told
    assert mend is not None
    assert np.isfinite(end(trial_of(far, mend(far)).mended))


@programs(cause for cause in FOREIGN if cause != "symmetric-init")
def test_without_batches_nothing_is_found(cause: str) -> None:
    """But what the weights alone show."""
    made = program(cause)
    bare = replace(made, batches=(), held_out=None, loss=None, loss_of=None, seen=type(made.seen)())
    assert PROBES[cause](bare).outcome != "found"


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.xdist_group(limit.broken[0])) for name, limit in LIMITS.items()]
)
def test_a_limit_stands_between_the_two_runs_that_it_names(name: str) -> None:
    """Of all healthy runs, ``test_probes.py`` asserts it."""
    value, (healthy, most), (broken, least) = LIMITS[name]
    assert min(most, least) < value < max(most, least)
    cause = SCENARIOS[broken].cause
    assert cause is not None
    told = {"broken": reading(cause, SCENARIOS[broken].experiment("broken", 50, "cpu"))}
    if healthy == "program":
        told["healthy"] = PROBES[cause](HEALTHY[cause](0))
    elif healthy != "all":
        variant = "fixed" if SCENARIOS[healthy].cause else "broken"
        told["healthy"] = reading(cause, SCENARIOS[healthy].experiment(variant, 50, "cpu"))
    for state, one in told.items():
        assert one.found == (state == "broken"), one
        if one.limit == value and one.measured is not None:
            assert (one.measured > value) == ((least if one.found else most) > value), one


def test_logits_behind_a_relu_are_set_free() -> None:
    """A nonlinearity in the wrong place, here as a line of forward."""

    class Behind(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.last = nn.Conv1d(1, 8, 5), nn.Linear(8 * 12, 4)

        def forward(self, x: Tensor) -> Tensor:
            return torch.relu(self.last(torch.relu(self.first(x)).flatten(1)) - 1)

    with torch.random.fork_rng():
        torch.manual_seed(0)
        model, signals = Behind(), [torch.randn(32, 1, 16) for _ in range(20)]
        batches = [Batch.of(x, x[:, 0, :4].argmax(1)) for x in signals]
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        case = trained(model, optimizer, nn.CrossEntropyLoss(), batches, 60)
    assert PROBES["output-activation-mismatch"](case).found
    assert_the_mend_helps("output-activation-mismatch", case)
