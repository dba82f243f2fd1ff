"""Trainings that stand where they began, whose lack shows only in hundreds of steps; and a root that spoils a batch."""

from __future__ import annotations

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.diagnosis.ranking import EXPLAINS
from lossbook.evidence import Case, watch
from lossbook.probes import PROBES, Reading
from lossbook.probes.at_length import stands, told_at_length
from lossbook.probes.model_mends import all_parameters

STEPS = 120


class Recall(nn.Module):
    """Tells of which sign the number at the marked place of a row is."""

    def __init__(self) -> None:
        super().__init__()
        self.eye, self.head = nn.Sequential(nn.Linear(8, 32), nn.Tanh()), nn.Linear(32, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.eye(x)).squeeze(1)


def recalled(*, lr: float = 0.05, all_of_it: bool = True, faint: float = 1.0) -> Case:
    """The product of two signs, which no line tells."""
    with seeded(3):
        net = Recall()
        with torch.no_grad():
            net.eye[0].weight.mul_(faint)
        held = net.parameters() if all_of_it else net.head.parameters()
        optimizer = torch.optim.Adam(held, lr=lr)
        x = torch.randn(STEPS, 32, 8)
        with watch(net, optimizer) as watching:
            for each in x:
                loss = F.binary_cross_entropy_with_logits(net(each), (each[:, 0] * each[:, 1] > 0).float())
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                watching.step(loss)
    return watching.case()


def test_what_a_training_lacks_that_stands_shows_at_length() -> None:
    case = recalled(all_of_it=False, faint=0.1)
    assert stands(case)
    held = all_parameters(case, frozen=False).case.start
    reading = told_at_length(case, Reading("not found", "nothing"), "all were held", held)
    assert reading.found, str(reading)
    assert reading.trial is not None
    assert reading.trial.change == "all were held"


def test_a_training_that_goes_on_does_not_stand() -> None:
    assert not stands(recalled())


def test_a_change_that_does_not_help_is_not_found() -> None:
    case = recalled()
    before = Reading("not found", "nothing")
    assert told_at_length(case, before, "nothing was changed", case.start) is before


@pytest.mark.parametrize("cause", ["lr-too-high", "parameters-not-optimized"])
def test_labels_are_not_accused_where_nothing_is_learned_of_inputs(cause: str) -> None:
    assert (cause, "labels-misaligned") in EXPLAINS


def test_a_loss_of_two_outputs_is_told_though_its_second_step_is_not_finite() -> None:
    """The length of the difference of two outputs has no slope where they are equal."""
    with seeded(0):
        net = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
        optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
        with watch(net, optimizer) as watching:
            for _ in range(12):
                a, b = torch.randn(2, 10, 4)
                b[0] = a[0]
                loss = ((net(a) - net(b)).square().sum(1) ** 0.5 - (a - b).norm(dim=1)).abs().mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                watching.step(loss)
    case = watching.case()
    assert case.loss is not None
    assert PROBES["undefined-operation"](case).found
