"""Signals that are filled up with zeros to many times their length, and nets that read them to the end."""

from __future__ import annotations

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES
from lossbook.probes.tails import without_tails

N, LENGTH, STEPS = 32, 8, 120


class Reads(nn.Module):
    """The last state of a recurrent net, or the largest one."""

    def __init__(self, *, largest: bool) -> None:
        super().__init__()
        self.cell, self.head, self.largest = nn.RNN(2, 24, batch_first=True), nn.Linear(24, 1), largest

    def forward(self, signal: Tensor) -> Tensor:
        states, _ = self.cell(signal)
        return self.head(states.amax(1) if self.largest else states[:, -1])[:, 0]


def trained(*, places: int = 60, largest: bool = False, by_chance: bool = False) -> Case:
    """Does the first channel rise or fall? The signals have 8 places; by chance, nobody knows."""
    with seeded(0):
        model = Reads(largest=largest)
        optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
        with watch(model, optimizer) as watching:
            for _ in range(STEPS):
                x = torch.randn(N, LENGTH, 2)
                y = torch.randint(2, (N,)).float()
                if not by_chance:
                    x[:, :, 0] += (2 * y[:, None] - 1) * torch.linspace(0, 2, LENGTH)
                loss = F.binary_cross_entropy_with_logits(model(F.pad(x, (0, 0, 0, places - LENGTH))), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    return watching.case()


@pytest.mark.parametrize(
    ("options", "found"),
    [({}, True), ({"places": LENGTH}, False), ({"largest": True}, False), ({"by_chance": True}, False)],
)
def test_what_was_read_long_before_the_end_is_forgotten(options: dict[str, bool | int], found: bool) -> None:
    """Not without filling, where every place counts, or where there is nothing to learn."""
    reading = PROBES["vanishing-gradients"](trained(**options))  # type: ignore[arg-type]
    assert (reading.found and reading.trial is not None) is found, reading


def test_only_what_all_examples_have_is_cut_off() -> None:
    case = trained(places=30)
    cut = without_tails(case)
    assert cut is not None
    assert {each.inputs[0].shape for each in cut} == {(N, LENGTH, 2)}
    assert without_tails(trained(places=12)) is None
