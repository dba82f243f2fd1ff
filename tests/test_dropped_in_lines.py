"""Lines of a forward that drop numbers, without a layer: too many of them, few, and on purpose."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

N, WIDTH = 960, 24
Line = Callable[[Tensor, bool], Tensor]


class Taste(nn.Module):
    """Which of four kinds a wine is, by twelve measurements; a line drops some of what a layer gives."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self.first, self.last, self.line = nn.Linear(12, WIDTH), nn.Linear(WIDTH, 4), line

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.line(F.relu(self.first(x)), self.training))


class Restored(nn.Module):
    """Measurements of which most are hidden are given back whole: what is dropped is the task."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(12, WIDTH), nn.Linear(WIDTH, 12)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(F.relu(self.first(F.dropout(x, 0.9, self.training))))


LINES: dict[str, tuple[Line, bool]] = {
    "most, in training": (lambda h, training: F.dropout(h, 0.97, training), True),
    "most, always": (lambda h, training: F.dropout(h, p=0.97), True),
    "most, of alpha": (lambda h, training: F.alpha_dropout(h, 0.97, training), True),
    "a third": (lambda h, training: F.dropout(h, 0.3, training), False),
    "a third, always": (lambda h, training: F.dropout(h, 0.3), False),
    "none": (lambda h, training: F.dropout(h, 0.97, False), False),
}


def wines(*, whole: bool = False) -> tuple[Tensor, Tensor]:
    kind = torch.randint(4, (N,))
    x = torch.randn(4, 12)[kind] + 0.6 * torch.randn(N, 12)
    return x, x if whole else kind


def trained(model: nn.Module, x: Tensor, y: Tensor, loss_fn: Callable[[Tensor, Tensor], Tensor]) -> Case:
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    with watch(model, optimizer) as watching:
        for rows in (rows for _ in range(4) for rows in torch.randperm(N).split(32)):
            optimizer.zero_grad()
            loss = loss_fn(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
            watching.step(loss)
    return watching.case()


@pytest.mark.parametrize("name", LINES)
def test_a_line_that_drops_too_much_is_found_as_a_layer_is(name: str) -> None:
    line, found = LINES[name]
    with seeded(0):
        case = trained(Taste(line), *wines(), F.cross_entropy)
    reading = PROBES["dropout-too-high"](case)
    assert reading.found is found, reading
    assert (reading.outcome == "does not apply") is (name == "none")


def test_what_is_hidden_to_be_given_back_is_no_fault() -> None:
    with seeded(0):
        case = trained(Restored(), *wines(whole=True), F.mse_loss)
    assert PROBES["dropout-too-high"](case).outcome == "does not apply"


def test_a_first_loss_far_above_chance_that_falls_to_it_is_nothing_learnt_by_heart() -> None:
    """Twenty examples cost 6 with a fresh model, and 1.2 after, as if it knew nothing of them."""
    with seeded(0):
        x = torch.randint(2, (N, 12)).float() * 2 - 1
        y = (x[:, :5].prod(1) > 0).long() + 2 * (x[:, 5:9].prod(1) > 0).long()
        case = trained(Taste(lambda h, training: 10 * F.dropout(h, 0.95, training)), x, y, F.cross_entropy)
    reading = PROBES["labels-misaligned"](case)
    assert "one answer for all costs" in reading.sentence
    assert not reading.found, reading
