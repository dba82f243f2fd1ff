"""Mends of causes in the model's structure: the training ends lower, and with no other learning rate."""

from __future__ import annotations

import pytest
import torch
from conftest import each
from foreign import trained
from foreign_model import FOREIGN
from mends import assert_the_mend_helps, scenarios_of
from torch import Tensor, nn

from lossbook.evidence import Batch
from lossbook.probes import PROBES
from lossbook.probes.model import NO_MEND, ROWS
from lossbook.scenarios import Scenario
from lossbook.scenarios.case import case_of


@pytest.mark.parametrize("cause", FOREIGN)
def test_the_mend_helps_a_program_of_another_kind(cause: str) -> None:
    case = FOREIGN[cause](0)
    assert PROBES[cause](case).found
    assert_the_mend_helps(PROBES[cause], case)


@each(scenarios_of(FOREIGN))
def test_the_mend_helps_its_scenario(row: Scenario) -> None:
    assert row.cause is not None
    assert_the_mend_helps(PROBES[row.cause], case_of(row.experiment("broken", 50, "cpu")))


def test_each_cause_has_a_mend_or_a_reason_why_not() -> None:
    assert set(FOREIGN) == {key for key, row in ROWS.items() if row.mend} == set(ROWS) - set(NO_MEND)


def test_logits_behind_a_relu_are_set_free() -> None:
    """The other face of a nonlinearity in the wrong place, here as a line of forward."""

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
    assert PROBES["missing-nonlinearity"](case).found
    assert_the_mend_helps(PROBES["missing-nonlinearity"], case)
