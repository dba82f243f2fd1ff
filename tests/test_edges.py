"""No outcome depends on how one processor rounds: other tests' runs again, with first weights moved by a millionth.

Two processors add in different orders, and a training at an edge amplifies the difference until it can be seen. A
millionth of the weights is more than rounding, so a row that passes here, on several draws, passes on any machine:

    python -m pytest tests/test_edges.py --draws 5

asserts of every row what the tests of scenarios and probes assert of it. Without ``--draws`` only the symptoms are
asserted, of the rows whose training amplifies a small difference most.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

import numpy as np
import pytest
import test_probes
import test_scenarios
import torch
from torch import nn

from lossbook import Experiment, History, run
from lossbook.evidence import Case
from lossbook.probes import PROBES, Reading
from lossbook.scenarios import SCENARIOS, WRONG_FIXES, Scenario
from lossbook.scenarios.case import case_of

pytestmark = pytest.mark.edge
MOVED = 1e-6  # standard deviation of the move, relative to the weight
NEAREST = (
    "lr-too-high-spikes",
    "lr-too-high-oscillates",
    "sum-reduction-oscillates",
    "missing-zero-grad",
    "batch-of-one",
    "no-warmup",
    "exploding-gradients",
    "saturated-activations",
    "symmetric-init-by-a-constant",
)
Contract = Callable[[Scenario], None]


@dataclass(frozen=True)
class Moved:
    """A model whose first weights are moved a little."""

    model: Any
    draw: int

    def build(self) -> nn.Module:
        net, rng = self.model.build(), np.random.default_rng(self.draw)
        with torch.no_grad():
            for param in net.parameters():
                param.mul_(1 + MOVED * torch.as_tensor(rng.standard_normal(param.shape)).to(param))
        return net


def moved(experiment: Experiment, draw: int) -> Experiment:
    return replace(experiment, model=Moved(experiment.model, draw))


@lru_cache(maxsize=64)
def history(experiment: Experiment, draw: int) -> History:
    return run(moved(experiment, draw), progress=False)


@dataclass(frozen=True)
class Runs(Sequence[History]):
    """One run for each seed, trained when it is asked for."""

    experiment: Experiment
    seeds: tuple[int, ...]
    draw: int

    def __len__(self) -> int:
        return len(self.seeds)

    def __getitem__(self, nth: Any) -> Any:
        return history(replace(self.experiment, seed=self.seeds[nth]), self.draw)


@lru_cache(maxsize=4)
def case(experiment: Experiment, draw: int) -> Case:
    return case_of(moved(experiment, draw))


def reading(cause: str, experiment: Experiment, draw: int) -> Reading:
    return PROBES[cause](case(experiment, draw))


def asserted(row: Scenario, every: bool) -> Iterator[tuple[str, Contract]]:
    """The assertions of other tests about this row: (a name, the test)."""
    for nth in range(5 if every else 2):
        yield f"symptom-{nth}", partial(test_scenarios.assert_symptom_and_cure, nths=(nth,))
    if not every or row.cause is None:
        return
    yield "clearly-better", test_scenarios.test_the_fixed_run_ends_clearly_better
    for end in (0, 1) if row.persists else ():
        yield f"range-{end}", partial(test_scenarios.test_the_symptom_persists_within_its_range, end=end)
    for name in WRONG_FIXES:
        tried = test_scenarios.test_what_people_try_first_does_not_help_unless_the_row_says_so
        yield name, partial(tried, name=name)
    for seed in test_probes.SEEDS:
        yield f"decisive-{seed}", partial(test_probes.test_the_decisive_test_decides, seed=seed)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    draws = metafunc.config.getoption("draws")
    cases = [
        pytest.param(row, contract, draw, id=f"{row.key}-{name}-{draw}", marks=pytest.mark.xdist_group(row.key))
        for row in (SCENARIOS.values() if draws else [SCENARIOS[key] for key in NEAREST])
        for name, contract in asserted(row, every=bool(draws))
        for draw in range(draws or 2)
    ]
    metafunc.parametrize(("row", "contract", "draw"), cases)


def test_what_is_asserted_of_a_row_holds_for_moved_runs(
    row: Scenario, contract: Contract, draw: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(test_scenarios, "histories", partial(Runs, draw=draw))
    monkeypatch.setattr(test_probes, "reading", partial(reading, draw=draw))
    contract(row)
