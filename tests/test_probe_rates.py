"""Short trainings of a probe at another learning rate: on our optimisers, on torch's, with a number or a schedule."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from lossbook import Experiment
from lossbook.data import Digits
from lossbook.evidence import Case
from lossbook.evidence.replay import train
from lossbook.evidence.snapshot import Snapshot
from lossbook.losses import SoftmaxCrossEntropy
from lossbook.models import MLP
from lossbook.optim import SGD, Adam, TorchTwin
from lossbook.probes import PROBES
from lossbook.scenarios.case import case_of
from lossbook.schedules import Exponential, Linear

BASE = Experiment(
    data=Digits(train_size=200),
    model=MLP((784, 10)),
    loss=SoftmaxCrossEntropy(),
    optimizer=SGD(lr=0.1),
    steps=6,
    eval_every=6,
    device="cpu",
)
RATES: dict[str, Any] = {"a number": 0.1, "a schedule": Exponential(0.1, 0.8), "a line": Linear(0.1, 0.0, 20)}
TWINS = {"ours": lambda rule: rule, "torch's": TorchTwin}


@cache
def case(rate: str, side: str) -> Case:
    return case_of(replace(BASE, optimizer=TWINS[side](SGD(lr=RATES[rate]))))


def losses_at(rates: list[float]) -> np.ndarray:
    """The loss of each step of plain descent from the fresh weights, at these rates."""
    made = case("a number", "ours")
    losses, state = list[float](), made.start
    for step, rate in enumerate(rates):
        batches = made.batches[step % len(made.batches) :]
        state, loss = train(made, state, 1, lr=rate, batches=batches)
        losses.append(float(loss[0]))
    return np.array(losses)


def base(rate: str, step: int) -> float:
    schedule = RATES[rate]
    return float(schedule(step) if callable(schedule) else schedule)


@pytest.mark.parametrize("side", TWINS)
@pytest.mark.parametrize("rate", RATES)
def test_a_training_is_repeated_at_another_rate(rate: str, side: str) -> None:
    made, steps = case(rate, side), 8
    own = [base(rate, step) for step in range(steps)]
    for knobs, rates in (
        ({}, own),
        ({"lr_scale": 0.1}, [0.1 * each for each in own]),
        ({"lr_scale": lambda step: step / 4}, [each * step / 4 for step, each in enumerate(own)]),
        ({"lr": 0.03}, [0.03] * steps),
    ):
        np.testing.assert_allclose(train(made, made.start, steps, **knobs)[1], losses_at(rates), rtol=1e-5)


@pytest.mark.parametrize("side", TWINS)
def test_from_the_last_weights_the_schedule_goes_on_where_it_was(side: str) -> None:
    made = case("a schedule", side)
    after, _ = train(made, made.now, 2)
    assert after.optimizer.param_groups[0]["lr"] == pytest.approx(0.1 * 0.8**8)
    assert made.now.optimizer.param_groups[0]["lr"] == pytest.approx(0.1 * 0.8**6)


@pytest.mark.parametrize("key", ["no-warmup", "lr-too-high", "lr-too-low", "schedule-decays-too-early"])
@pytest.mark.parametrize("rate", RATES)
def test_the_probes_of_the_rate_decide_the_same_on_torchs_optimiser(key: str, rate: str) -> None:
    ours, theirs = (PROBES[key](case(rate, side)) for side in TWINS)
    assert ours.found == theirs.found  # at 100 times the rate the last bit decides on the numbers


@pytest.mark.parametrize(
    "make",
    [
        lambda params: torch.optim.Adam(params, lr=3e-3),
        lambda params: torch.optim.AdamW(params, lr=3e-3, foreach=False),
        lambda params: Adam(lr=Exponential(3e-3, 0.99)).to_torch(params),
    ],
)
def test_a_warm_up_is_tried_on_any_optimiser_of_torchs(make: Any) -> None:
    made = case("a number", "ours")
    model = made.start.copy().model
    reading = PROBES["no-warmup"](replace(made, start=Snapshot(model, (make(model.parameters()),))))
    assert not reading.found
    assert "with a warm-up of 50 steps" in reading.sentence
