"""Models that compute their loss themselves: where that is one of an output and a target, it is told as such."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.evidence.replay import train
from lossbook.probes import PROBES

STEPS, ROWS, KINDS = 15, 24, 4


class Sorter(nn.Module):
    """Tells kinds of parcels by six measurements, and returns the loss with the scores."""

    def __init__(self, way: str = "dict", squashed: bool = False) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Dropout(0.1))
        self.head, self.way, self.squashed = nn.Linear(16, KINDS), way, squashed

    def forward(self, seen: Tensor, kinds: Tensor | None = None) -> Any:
        hidden = self.body(seen)
        scores = self.head(hidden)
        if self.squashed:
            scores = scores.softmax(-1)
        loss = None
        if kinds is not None:
            loss = F.cross_entropy(scores, kinds)
            if self.way == "with a penalty":
                loss = loss + 0.01 * hidden.square().mean()
        if self.way == "pair":
            return scores, loss
        found = {"scores": scores} | ({"loss": loss} if loss is not None else {})
        return found if self.way != "scores only" or kinds is None else found["loss"]


def sorted_by(way: str, *, squashed: bool = False, named: bool = True) -> tuple[Case, list[float]]:
    with seeded(0):
        model, losses = Sorter(way, squashed), []
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        with watch(model, optimizer) as watching:
            for _ in range(STEPS):
                x = torch.randn(ROWS, 6)
                y = x[:, :KINDS].argmax(1)
                out = model(x, kinds=y) if named else model(x, y)
                loss = out if isinstance(out, Tensor) else out[1] if isinstance(out, tuple) else out["loss"]
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                watching.step(loss)
                losses.append(loss.item())
    return watching.case(), losses


@pytest.mark.parametrize("way", ["dict", "pair"])
@pytest.mark.parametrize("named", [True, False])
def test_scores_and_targets_are_told_of_a_model_that_returns_its_loss(way: str, named: bool) -> None:
    case, losses = sorted_by(way, named=named)
    assert case.loss is not None
    batch = case.batches[0]
    assert batch.output(case.start.model).shape == (ROWS, KINDS)
    assert batch.target.shape == (ROWS,)
    assert all(each is not batch.target for each in (*batch.inputs, *batch.kwargs.values()))
    half = batch.first(ROWS // 2)
    torch.testing.assert_close(
        case.loss(half.output(case.start.model.eval()), half.target),
        F.cross_entropy(half.output(case.start.model.eval()), half.target),
    )
    assert train(case, case.start, STEPS)[1][0] == pytest.approx(losses[0], rel=0.3)


@pytest.mark.parametrize("way", ["with a penalty", "scores only"])
def test_a_loss_of_more_than_the_scores_stays_the_models_own(way: str) -> None:
    case, losses = sorted_by(way)
    assert case.loss is None
    assert case.loss_of is not None
    assert len(case.batches) == len(losses)


@pytest.mark.parametrize("squashed", [True, False])
def test_what_ails_scores_is_found_there_too(squashed: bool) -> None:
    case, _ = sorted_by("dict", squashed=squashed)
    assert PROBES["softmax-before-cross-entropy"](case).found is squashed
    if not squashed:
        assert {key: str(one) for key, decide in PROBES.items() if (one := decide(case)).found} == {}


class Rates(nn.Module):
    """How many ships come in an hour; the deviance is written by hand."""

    def __init__(self, safe: bool) -> None:
        super().__init__()
        self.line, self.safe = nn.Linear(3, 1), safe

    def forward(self, seen: Tensor, ships: Tensor) -> dict[str, Tensor]:
        rate = self.line(seen).squeeze(1).exp()
        first = torch.xlogy(ships, ships / rate) if self.safe else ships * (ships / rate).log()
        return {"rate": rate, "loss": (first - ships + rate).mean()}


@pytest.mark.parametrize("safe", [True, False])
def test_a_logarithm_of_nothing_within_the_model_is_found_at_the_first_step(safe: bool) -> None:
    with seeded(0):
        model = Rates(safe)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        with watch(model, optimizer) as watching:
            for _ in range(STEPS):
                loss = model(torch.randn(ROWS, 3), torch.arange(ROWS) % 3 * 1.0)["loss"]
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                watching.step(loss)
    assert PROBES["log-of-zero"](watching.case()).found is not safe
