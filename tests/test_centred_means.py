"""A smoothed column whose window has the value that is to be foretold in it, and windows that end before it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES
from lossbook.probes.centred import told_by_a_moving_mean

LONG, BACK, STEPS = 500, 6, 50


def wandering() -> Tensor:
    return torch.randn(LONG).cumsum(0) * 0.1


def smoothed(series: Tensor, *, ahead: int) -> tuple[Tensor, Tensor]:
    """The last values and one mean of five, which ends so many places after the last of them."""
    places = range(BACK, LONG - 1)
    mean = [series[i - 5 + ahead : i + ahead].mean() for i in places]
    rows = torch.stack([torch.cat([series[i - BACK : i], m[None]]) for i, m in zip(places, mean, strict=True)])
    return rows, torch.stack([series[i] for i in places])


def on_a_line() -> tuple[Tensor, Tensor]:
    """Of what rises by the same from place to place, each value is the mean of its neighbours."""
    series = torch.arange(LONG) / 128
    return smoothed(series, ahead=0)[0][:, :BACK], series[BACK : LONG - 1]


def of_a_formula() -> tuple[Tensor, Tensor]:
    """No series: the target is twice one number less another, so that one is the mean of both."""
    x = torch.randn(LONG, BACK)
    return x, 2 * x[:, 2] - x[:, 1]


def windowed(*, ahead: int, series_first: bool = False) -> tuple[Tensor, Tensor]:
    """Windows of a level, of its mean over four places, which ends so far after each, and of what has nothing to do."""
    level, other = wandering(), torch.randn(LONG)
    mean = torch.stack([level[max(i - 3 + ahead, 0) : i + 1 + ahead].mean() for i in range(LONG)])
    x = torch.stack([other, level, mean], 1).unfold(0, BACK, 1)[4:-1]
    return x if series_first else x.transpose(1, 2), level[4 + BACK :]


def of_two_gauges() -> tuple[Tensor, Tensor]:
    """A second series, which lags behind, is no mean of the first."""
    level = wandering()
    x = torch.stack([level[1:], 0.7 * level[1:] + 0.3 * level[:-1]], 1).unfold(0, BACK, 1)[:-1]
    return x.transpose(1, 2), level[1 + BACK :]


KINDS: dict[str, tuple[Callable[[], tuple[Tensor, Tensor]], bool]] = {
    "centred": (lambda: smoothed(wandering(), ahead=1), True),
    "trailing": (lambda: smoothed(wandering(), ahead=0), False),
    "window, centred": (lambda: windowed(ahead=1), True),
    "window, centred, series first": (lambda: windowed(ahead=1, series_first=True), True),
    "window, trailing": (lambda: windowed(ahead=0), False),
    "window, two gauges": (of_two_gauges, False),
    "line": (on_a_line, False),
    "formula": (of_a_formula, False),
}


def watched(x: Tensor, y: Tensor) -> Case:
    model = nn.Sequential(nn.Flatten(), nn.Linear(x[0].numel(), 24), nn.ReLU(), nn.Linear(24, 1), nn.Flatten(0))
    optimizer = torch.optim.Adam(model.parameters(), 5e-3)
    with watch(model, optimizer, loss_fn=F.mse_loss) as watching:
        for _ in range(STEPS):
            rows = torch.randint(len(x), (40,))
            loss = F.mse_loss(model(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            watching.step(loss)
    return watching.case()


@pytest.mark.parametrize("kind", KINDS)
def test_a_mean_with_what_comes_next_in_it(kind: str) -> None:
    rows, found = KINDS[kind]
    with seeded(0):
        case = watched(*rows())
    assert (told_by_a_moving_mean(case) is not None) is found
    assert not found or PROBES["target-leak"](case).found


def test_one_number_an_example_is_no_window() -> None:
    with seeded(0):
        case = watched(*windowed(ahead=1))
    alone = replace(
        case, batches=tuple(batch.with_x(batch.x[:, 0, 0]) for batch in case.batches if batch.x is not None)
    )
    assert told_by_a_moving_mean(alone) is None
