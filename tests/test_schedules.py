"""One contract for every row of SCHEDULES, torch's schedulers beside them, and ReduceOnPlateau, which sees the loss."""

from __future__ import annotations

import math
import pickle
from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import lossbook.schedules
from lossbook.schedules import (
    SCHEDULES,
    Constant,
    Cosine,
    CosineRestarts,
    Exponential,
    Linear,
    MultiStep,
    OneCycle,
    Polynomial,
    ReduceOnPlateau,
    Schedule,
    StepDecay,
    Warmup,
)

rows = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=SCHEDULES.keys())

# schedule, and the last step up to which torch's formula is the same: mostly far behind the end
TWINS = [
    *((schedule, 200) for name, schedule in SCHEDULES.items() if name not in ("cosine", "one-cycle", "warm-up")),
    (SCHEDULES["cosine"], 100),
    (SCHEDULES["one-cycle"], 99),
    (SCHEDULES["warm-up"], 100),
    (StepDecay(lr=0.3, every=1, factor=0.9), 40),
    (MultiStep(lr=0.3, milestones=(), factor=0.9), 10),
    (Exponential(lr=1e-6, gamma=1.2), 60),
    (Linear(lr=0.1, end=0.3, steps=7), 14),
    (Linear(lr=0.3, end=0.01, steps=7), 14),
    (Linear(lr=0.0, end=0.3, steps=7), 14),
    (Linear(lr=0.2, end=0.2, steps=3), 6),
    (Polynomial(lr=0.3, end=0.0, steps=9, power=0.5), 18),
    (Cosine(lr=0.3, end=0.02, steps=9), 9),
    (Cosine(lr=0.02, end=0.3, steps=9), 9),
    (CosineRestarts(lr=0.3, end=0.02, period=4), 30),
    (CosineRestarts(lr=0.3, end=0.02, period=1, multiplier=3), 90),
    (OneCycle(peak=0.3, steps=10, start_division=3.0, final_division=7.0, warmup_share=0.25, curve="linear"), 9),
    (OneCycle(peak=0.3, steps=2, warmup_share=0.9), 1),
    (Warmup(steps=5, then=Constant(lr=0.3)), 20),
    (Warmup(steps=5, then=Constant(lr=0.3), start=0.1), 20),
    (Warmup(steps=1, then=StepDecay(lr=0.3, every=4)), 20),
    (Warmup(steps=0, then=Exponential(lr=0.3, gamma=0.9)), 20),
    (Warmup(steps=5, then=Exponential(lr=0.3, gamma=0.9), start=0.3), 20),
    (Warmup(steps=5, then=MultiStep(lr=0.3, milestones=(2, 3))), 20),
    (Warmup(steps=5, then=Linear(lr=0.1, end=0.4, steps=6), start=0.02), 22),
    (Warmup(steps=5, then=Polynomial(lr=0.3, end=0.0, steps=6, power=2.0), start=0.02), 22),
    (Warmup(steps=5, then=CosineRestarts(lr=0.3, end=0.02, period=4, multiplier=2), start=0.02), 50),
    (Warmup(steps=5, then=OneCycle(peak=0.3, steps=10), start=0.001), 14),
]


def feed(rule: ReduceOnPlateau, losses: list[Any]) -> tuple[list[float], Any]:
    """The factor after each loss, and the last state."""
    state, factors = rule.init(), []
    for loss in losses:
        factor, state = rule.update(loss, state)
        factors.append(factor)
    return factors, state


def torch_optimizer(lr: float = 123.0) -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)


@pytest.mark.parametrize(("schedule", "last"), TWINS, ids=lambda value: str(value))
def test_every_step_is_torchs(schedule: Schedule, last: int) -> None:
    optimizer = torch_optimizer()
    scheduler = schedule.to_torch(optimizer)
    theirs = []
    for _ in range(last + 1):
        theirs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    ours = [schedule(step) for step in range(last + 1)]
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-13 * max(ours))


@rows
def test_a_schedule_is_a_value(schedule: Schedule) -> None:
    again = eval(repr(schedule), vars(lossbook.schedules))
    assert again == schedule == pickle.loads(pickle.dumps(schedule))
    assert hash(again) == hash(schedule)
    for field in fields(schedule):  # type: ignore[arg-type]
        with pytest.raises(FrozenInstanceError):
            setattr(schedule, field.name, 1)


@rows
def test_a_learning_rate_is_a_float_and_the_same_when_asked_again(schedule: Schedule) -> None:
    rates = [schedule(step) for step in range(250)]
    assert all(type(rate) is float and 0 <= rate < math.inf for rate in rates)
    assert [schedule(step) for step in reversed(range(250))] == rates[::-1]


@rows
def test_numbers_may_be_whole(schedule: Schedule) -> None:
    name = fields(schedule)[0].name  # type: ignore[arg-type]
    assert type(replace(schedule, **{name: 1})(3)) is float  # type: ignore[type-var]


@rows
@pytest.mark.parametrize(
    ("step", "error", "words"),
    [
        (-1, ValueError, "step must be at least 0, got -1."),
        (1.0, TypeError, "step must be a whole number, got 1.0 of type float."),
        (True, TypeError, "step must be a whole number, got True of type bool."),
    ],
)
def test_a_step_is_a_count(schedule: Schedule, step: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        schedule(step)


@pytest.mark.parametrize(
    ("schedule", "by_hand"),
    [
        (Constant(lr=0.5), {0: 0.5, 10**9: 0.5}),
        (StepDecay(lr=0.8, every=3, factor=0.5), {0: 0.8, 2: 0.8, 3: 0.4, 5: 0.4, 6: 0.2}),
        (MultiStep(lr=0.8, milestones=(2, 5), factor=0.5), {0: 0.8, 1: 0.8, 2: 0.4, 4: 0.4, 5: 0.2, 99: 0.2}),
        (Exponential(lr=0.8, gamma=0.5), {0: 0.8, 1: 0.4, 3: 0.1}),
        (Linear(lr=0.1, end=0.5, steps=4), {0: 0.1, 1: 0.2, 3: 0.4, 4: 0.5, 5: 0.5, 8: 0.5}),
        (Polynomial(lr=1.1, end=0.1, steps=4, power=2.0), {0: 1.1, 1: 0.6625, 2: 0.35, 3: 0.1625, 4: 0.1, 9: 0.1}),
        (Cosine(lr=1.1, end=0.1, steps=6), {0: 1.1, 2: 0.85, 3: 0.6, 4: 0.35, 6: 0.1, 7: 0.1, 12: 0.1}),
        (
            CosineRestarts(lr=1.1, end=0.1, period=2, multiplier=3),
            {0: 1.1, 1: 0.6, 2: 1.1, 4: 0.85, 5: 0.6, 6: 0.35, 8: 1.1, 17: 0.6, 26: 1.1},
        ),
        (
            OneCycle(peak=1.0, steps=9, start_division=5.0, final_division=2.0, warmup_share=1 / 3),
            {0: 0.2, 1: 0.6, 2: 1.0, 4: 0.775, 5: 0.55, 6: 0.325, 8: 0.1, 9: 0.1, 18: 0.1},
        ),
        (
            OneCycle(peak=1.0, steps=9, start_division=5.0, final_division=2.0, warmup_share=1 / 3, curve="linear"),
            {0: 0.2, 1: 0.6, 2: 1.0, 3: 0.85, 5: 0.55, 7: 0.25, 8: 0.1, 9: 0.1},
        ),
        (Warmup(steps=4, then=Constant(lr=0.8)), {0: 0.0, 1: 0.2, 3: 0.6, 4: 0.8, 99: 0.8}),
        (
            Warmup(steps=4, then=StepDecay(lr=0.8, every=3, factor=0.5), start=0.4),
            {0: 0.4, 1: 0.5, 3: 0.7, 4: 0.8, 6: 0.8, 7: 0.4, 10: 0.2},
        ),
        (Warmup(steps=0, then=Linear(lr=0.8, end=0.0, steps=2)), {0: 0.8, 1: 0.4, 2: 0.0}),
        (
            Warmup(steps=2, then=Warmup(steps=2, then=Constant(lr=0.9), start=0.1)),
            {0: 0.0, 1: 0.05, 2: 0.1, 3: 0.5, 4: 0.9},
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, Schedule) else "",
)
def test_rates_worked_out_by_hand(schedule: Schedule, by_hand: dict[int, float]) -> None:
    np.testing.assert_allclose([schedule(step) for step in by_hand], list(by_hand.values()), rtol=1e-14)


@pytest.mark.parametrize("kind", [Linear, Cosine, lambda **knobs: Polynomial(power=3.0, **knobs)])
def test_both_ends_are_met_exactly(kind: Any) -> None:
    schedule = kind(lr=0.1, end=0.003, steps=7)
    assert (schedule(0), schedule(7), schedule(8)) == (0.1, 0.003, 0.003)


def test_after_its_last_step_torchs_cosine_turns_up_and_ours_does_not() -> None:
    schedule, optimizer = Cosine(lr=0.1, end=0.0, steps=4), torch_optimizer()
    scheduler = schedule.to_torch(optimizer)
    for _ in range(8):
        optimizer.step()
        scheduler.step()
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.1)
    assert schedule(8) == 0.0


def test_a_schedule_drives_our_rule_through_the_adapter() -> None:
    from lossbook.optim import SGD, TorchOptimizer

    param = torch.nn.Parameter(torch.ones(1, dtype=torch.float64))
    optimizer = TorchOptimizer([param], SGD(lr=1.0))
    schedule = StepDecay(lr=0.1, every=2, factor=0.5)
    scheduler = schedule.to_torch(optimizer)
    for _ in range(6):
        param.grad = torch.ones_like(param)
        optimizer.step()
        scheduler.step()
    assert param.item() == pytest.approx(1 - sum(schedule(step) for step in range(6)), rel=1e-14)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Constant(lr=-0.1), r"lr must lie in \[0, inf\), got -0.1."),
        (lambda: Constant(lr=10**400), "lr must be a number that a float can hold, got one of 1329 bits."),
        (lambda: Constant(lr=math.nan), r"lr must lie in \[0, inf\), got nan."),
        (lambda: StepDecay(lr="0.1", every=1), "lr must be a Python number, got '0.1' of type str."),  # type: ignore[arg-type]
        (lambda: StepDecay(lr=0.1, every=0), "every must be at least 1, got 0."),
        (lambda: StepDecay(lr=0.1, every=1, factor=0.0), r"factor must lie in \(0, 1\], got 0.0."),
        (lambda: MultiStep(lr=-1.0, milestones=(1,)), r"lr must lie in \[0, inf\), got -1.0."),
        (lambda: MultiStep(lr=0.1, milestones=[1]), r"milestones must be a tuple of whole numbers, got \[1\]."),  # type: ignore[arg-type]
        (lambda: MultiStep(lr=0.1, milestones=(1, 0)), r"milestones\[1\] must be at least 1, got 0."),
        (lambda: MultiStep(lr=0.1, milestones=(3, 2)), r"milestones must rise from each to the next, got \(3, 2\)."),
        (lambda: MultiStep(lr=0.1, milestones=(3, 3)), r"milestones must rise from each to the next, got \(3, 3\)."),
        (lambda: MultiStep(lr=0.1, milestones=(3,), factor=2.0), r"factor must lie in \(0, 1\], got 2.0."),
        (lambda: Exponential(lr=math.inf, gamma=0.9), r"lr must lie in \[0, inf\), got inf."),
        (lambda: Exponential(lr=0.1, gamma=0.0), r"gamma must lie in \(0, inf\), got 0.0."),
        (lambda: Linear(lr=-0.1, end=0.0, steps=1), r"lr must lie in \[0, inf\), got -0.1."),
        (lambda: Linear(lr=0.1, end=-1.0, steps=1), r"end must lie in \[0, inf\), got -1.0."),
        (lambda: Linear(lr=0.1, end=0.0, steps=0), "steps must be at least 1, got 0."),
        (lambda: Polynomial(lr=-0.1, end=0.0, steps=1, power=1.0), r"lr must lie in \[0, inf\), got -0.1."),
        (lambda: Polynomial(lr=0.1, end=-1.0, steps=1, power=1.0), r"end must lie in \[0, inf\), got -1.0."),
        (lambda: Polynomial(lr=0.1, end=0.0, steps=0, power=1.0), "steps must be at least 1, got 0."),
        (lambda: Polynomial(lr=0.1, end=0.0, steps=1, power=0.0), r"power must lie in \(0, inf\), got 0.0."),
        (
            lambda: Polynomial(lr=0.1, end=0.01, steps=1, power=1.0).to_torch(torch_optimizer()),
            "torch.optim.lr_scheduler.PolynomialLR always ends at 0, got end=0.01.",
        ),
        (lambda: Cosine(lr=-0.1, end=0.0, steps=1), r"lr must lie in \[0, inf\), got -0.1."),
        (lambda: Cosine(lr=0.1, end=-1.0, steps=1), r"end must lie in \[0, inf\), got -1.0."),
        (lambda: Cosine(lr=0.1, end=0.0, steps=1.5), "steps must be a whole number, got 1.5 of type float."),  # type: ignore[arg-type]
        (lambda: CosineRestarts(lr=-0.1, end=0.0, period=1), r"lr must lie in \[0, inf\), got -0.1."),
        (lambda: CosineRestarts(lr=0.1, end=-1.0, period=1), r"end must lie in \[0, inf\), got -1.0."),
        (lambda: CosineRestarts(lr=0.1, end=0.0, period=0), "period must be at least 1, got 0."),
        (lambda: CosineRestarts(lr=0.1, end=0.0, period=1, multiplier=0), "multiplier must be at least 1, got 0."),
        (lambda: OneCycle(peak=-1.0, steps=10), r"peak must lie in \[0, inf\), got -1.0."),
        (lambda: OneCycle(peak=1.0, steps=1), "steps must be at least 2, got 1."),
        (lambda: OneCycle(peak=1.0, steps=10, start_division=0.5), r"start_division must lie in \[1, inf\), got 0.5."),
        (lambda: OneCycle(peak=1.0, steps=10, final_division=0.5), r"final_division must lie in \[1, inf\), got 0.5."),
        (lambda: OneCycle(peak=1.0, steps=10, warmup_share=1.0), r"warmup_share must lie in \(0, 1\), got 1.0."),
        (
            lambda: OneCycle(peak=1.0, steps=2, warmup_share=0.5),
            r"warmup_share \* steps must lie in \(1, inf\), got 1.0.",
        ),
        (lambda: OneCycle(peak=1.0, steps=10, curve="cosine"), "curve must be one of 'cos', 'linear', got 'cosine'."),  # type: ignore[arg-type]
        (lambda: Warmup(steps=-1, then=Constant(lr=0.1)), "steps must be at least 0, got -1."),
        (lambda: Warmup(steps=1, then=0.1), r"then must be a schedule, such as Constant\(lr=0.1\), got 0.1."),  # type: ignore[arg-type]
        (lambda: Warmup(steps=1, then=Constant(lr=0.1), start=-0.1), r"start must lie in \[0, inf\), got -0.1."),
        (
            lambda: Warmup(steps=1, then=Constant(lr=0.1), start=0.2),
            "start must be at most the first lr of then, 0.1, got 0.2.",
        ),
        (
            lambda: Warmup(steps=1, then=SCHEDULES["warm-up"]).to_torch(torch_optimizer()),
            r"torch.optim.lr_scheduler.SequentialLR cannot be nested, got then=Warmup\(",
        ),
        (lambda: ReduceOnPlateau(factor=1.0), r"factor must lie in \(0, 1\), got 1.0."),
        (lambda: ReduceOnPlateau(patience=-1), "patience must be at least 0, got -1."),
        (lambda: ReduceOnPlateau(threshold=1.0), r"threshold must lie in \[0, 1\), got 1.0."),
        (lambda: ReduceOnPlateau(cooldown=-1), "cooldown must be at least 0, got -1."),
        (lambda: ReduceOnPlateau(min_factor=1.5), r"min_factor must lie in \[0, 1\], got 1.5."),
        (lambda: feed(ReduceOnPlateau(), ["1"]), "loss must be a Python number, got '1' of type str."),
        (
            lambda: feed(ReduceOnPlateau(), [torch.tensor(1.0)]),
            r"loss must be a Python number, got tensor\(1.\) of type Tensor.",
        ),
    ],
)
def test_what_does_not_fit_is_refused(make: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{words}"):
        make()


def wandering(seed: int) -> list[float]:
    return (2 + np.random.default_rng(seed).normal(size=80).cumsum() * 0.1).tolist()


LOSSES = {
    "falling": [1 / (1 + step) for step in range(30)],
    "flat": [1.0] * 30,
    "rising": [float(step) for step in range(30)],
    "creeping within the threshold": [1 - 1e-4 * step for step in range(30)],
    "nan from step 3 on": [3.0, 2.0, 1.0] + [math.nan] * 20,
    "nan now and then": [3.0, math.nan, 2.0, math.inf, 2.5, math.nan, 1.0, 1.0, math.nan] * 3,
    "nan from the start": [math.nan] * 20,
    **{f"wandering {seed}": wandering(seed) for seed in range(4)},
}
PLATEAUS = [
    ReduceOnPlateau(),
    ReduceOnPlateau(factor=0.5, patience=0),
    ReduceOnPlateau(factor=0.5, patience=2, threshold=0.0, cooldown=3),
    ReduceOnPlateau(factor=0.3, patience=1, threshold=0.01, min_factor=0.05),
    ReduceOnPlateau(factor=0.5, patience=1, threshold=1e-3, cooldown=1, min_factor=1.0),
]


@pytest.mark.parametrize("rule", PLATEAUS, ids=str)
@pytest.mark.parametrize("losses", LOSSES.values(), ids=LOSSES.keys())
def test_the_factor_is_torchs_learning_rate_over_the_first(rule: ReduceOnPlateau, losses: list[float]) -> None:
    optimizer = torch_optimizer(lr=0.2)
    scheduler, state = rule.to_torch(optimizer), rule.init()
    for loss in losses:
        before = state
        factor, state = rule.update(loss, before)
        scheduler.step(loss)
        assert factor == state.factor == pytest.approx(optimizer.param_groups[0]["lr"] / 0.2, rel=1e-12)
        assert rule.update(loss, before) == (factor, state)  # pure


def test_a_plateau_rule_is_a_value() -> None:
    rule = ReduceOnPlateau(factor=0.5, cooldown=2)
    assert eval(repr(rule)) == rule == pickle.loads(pickle.dumps(rule)) != ReduceOnPlateau()
    assert hash(eval(repr(rule))) == hash(rule)
    with pytest.raises(FrozenInstanceError):
        rule.factor = 0.1  # type: ignore[misc]


def test_a_plateau_by_hand() -> None:
    rule = ReduceOnPlateau(factor=0.5, patience=1, threshold=0.1, cooldown=2, min_factor=0.2)
    losses = [10.0, 9.5, 8.9, 8.5, math.nan, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0]
    # 9.5 > 0.9·10 is bad; 8.9 is better; 8.5 and nan are the two bad ones; two rests; two bad; two rests; two bad
    by_hand = [1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.2]
    factors, state = feed(rule, losses)
    assert factors == by_hand
    assert state == (8.9, 0, 2, 0.2)


@rows
def test_far_behind_the_end_a_schedule_is_quick_and_finite(schedule: Schedule) -> None:
    assert all(0 <= schedule(step) <= 1 for step in (10**6, 10**9, 10**18, 10**30))


@pytest.mark.parametrize(
    ("schedule", "step", "rate"),
    [
        (Exponential(lr=1e-6, gamma=2.0), 1100, math.inf),
        (Exponential(lr=0.0, gamma=2.0), 10**9, 0.0),
        (Exponential(lr=1, gamma=2), 10**9, math.inf),
        (Exponential(lr=2.0**-1000, gamma=2.0), 1100, 2.0**100),  # no step on the way overflows
        (Exponential(lr=2.0**1000, gamma=0.5), 1100, 2.0**-100),
        (Exponential(lr=1.0, gamma=0.5), 10**9, 0.0),
        (Exponential(lr=1.0, gamma=1.0), 10**9, 1.0),
        (StepDecay(lr=2.0**1000, every=1, factor=0.5), 1100, 2.0**-100),
        (StepDecay(lr=1.0, every=1, factor=1e-300), 10**9, 0.0),
        (MultiStep(lr=2.0**1000, milestones=tuple(range(1, 1101)), factor=0.5), 1100, 2.0**-100),
        (Warmup(steps=10, then=Exponential(lr=1.0, gamma=2.0)), 10**6, math.inf),
        (Polynomial(lr=1.0, end=0.0, steps=10**9, power=1e300), 10**8, 0.0),
        (Linear(lr=1e308, end=1e308, steps=10**9), 10**8, 1e308),
        (Cosine(lr=1e308, end=1e308, steps=10**9), 10**8, 1e308),
    ],
    ids=str,
)
def test_large_numbers_end_at_infinity_or_zero_and_raise_nothing(schedule: Schedule, step: int, rate: float) -> None:
    assert schedule(step) == rate


@given(period=st.integers(1, 50), multiplier=st.integers(1, 4), step=st.integers(0, 5000))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_restarts_begin_exactly_where_the_periods_add_up(period: int, multiplier: int, step: int) -> None:
    schedule, since, length = CosineRestarts(lr=1.0, end=0.25, period=period, multiplier=multiplier), step, period
    while since >= length:
        since, length = since - length, length * multiplier
    assert schedule(step) == Cosine(lr=1.0, end=0.25, steps=length)(since)
    assert schedule(step - since) == 1.0
    assert schedule(step - since + length) == 1.0  # the next period's first


UNITS = st.integers(-20, 20).map(lambda power: 2.0**power)  # by which a float is scaled exactly
LOSS = st.one_of(st.integers(-100, 100).map(float), st.sampled_from([math.nan, math.inf, -math.inf]))


@given(losses=st.lists(LOSS, max_size=40), unit=UNITS, rule=st.sampled_from(PLATEAUS))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_the_unit_of_the_loss_changes_no_factor(losses: list[float], unit: float, rule: ReduceOnPlateau) -> None:
    assert feed(rule, losses)[0] == feed(rule, [unit * loss for loss in losses])[0]


@pytest.mark.parametrize("rule", PLATEAUS, ids=str)
@pytest.mark.parametrize("scale", [1e-300, 1e-3, 1.0, 1e300])
def test_a_loss_that_stands_still_is_a_plateau_whatever_its_sign(rule: ReduceOnPlateau, scale: float) -> None:
    expected = feed(rule, [scale] * 30)[0]
    assert expected[-1] < 1 or rule.min_factor == 1
    assert feed(rule, [-scale] * 30)[0] == expected
    assert feed(rule, [0.0] * 30)[0] == expected
    within = rule.threshold * scale / 100
    assert feed(rule, [-scale - within * step for step in range(30)])[0] == expected  # better, and not by enough
    assert feed(rule, [-scale + scale * step / 100 for step in range(30)])[0] == expected  # worse and worse
    assert feed(rule, [-scale * 2**step for step in range(20)])[0] == [1.0] * 20  # better and better


def test_minus_infinity_is_no_best_loss() -> None:
    rule = ReduceOnPlateau(factor=0.5, patience=0)
    assert feed(rule, [1.0, -math.inf, 0.5, 0.25]) == ([1.0, 0.5, 0.5, 0.5], (0.25, 0, 0, 0.5))
