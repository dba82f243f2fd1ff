"""One clock: the training loop reads the schedule once a step, and trains every parameter with that rate.

The contract runs over all optimisers and schedules, as our ``TorchOptimizer`` and as torch's own with its scheduler.
"""

from __future__ import annotations

import copy
import gc
import io
import pickle
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from lossbook import Experiment, History, lr_range_test, run, sweep
from lossbook.data import Digits
from lossbook.loop import Loop, Training
from lossbook.losses import SoftmaxCrossEntropy
from lossbook.models import MLP, NumPyMLP
from lossbook.optim import (
    OPTIMIZERS,
    SGD,
    Adam,
    AdamW,
    Lion,
    Rule,
    TorchOptimizer,
    TorchTwin,
    batched,
    lr_factor,
    next_lr,
    set_lr_factor,
)
from lossbook.optim.base import lr_at, updated
from lossbook.optim.rate import last_lr
from lossbook.optim.torch_adapter import make_optimizer
from lossbook.scenarios import SCENARIOS
from lossbook.scenarios.base import WRONG_FIXES
from lossbook.scenarios.loop import ModelInTheLoop, OptimizerInTheLoop
from lossbook.schedules import SCHEDULES, Exponential, Linear, OneCycle, Polynomial, Schedule, Warmup

SHORT: dict[str, Schedule] = {  # the same table, with schedules that end before the run
    **SCHEDULES,
    "from nothing": Linear(lr=0.0, end=0.1, steps=5),
    "short warm-up": Warmup(steps=3, then=Polynomial(lr=0.1, end=0.0, steps=6, power=2.0)),
}
SIDES: dict[str, Callable[[Rule, Any], torch.optim.Optimizer]] = {
    "ours": lambda rule, params: TorchOptimizer(params, rule),
    "torch's": lambda rule, params: rule.to_torch(params),
}
schedules = pytest.mark.parametrize("schedule", SHORT.values(), ids=SHORT.keys())
sides = pytest.mark.parametrize("side", SIDES)
rules = pytest.mark.parametrize("rule", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())


def weight(size: int = 3) -> nn.Parameter:
    return nn.Parameter(torch.linspace(1, 2, size))


def params_of(optimizer: torch.optim.Optimizer) -> list[Tensor]:
    return [param for group in optimizer.param_groups for param in group["params"]]


def trained(optimizer: torch.optim.Optimizer, steps: int, start: int = 0) -> tuple[list[float], list[list[float]]]:
    """The rate of each step, and the first parameter after it."""
    rates, stands = [], []
    for step in range(start, start + steps):
        for param in params_of(optimizer):
            param.grad = torch.cos(param.detach() * (step + 1))
        rates.append(next_lr(optimizer))
        optimizer.step()
        stands.append(params_of(optimizer)[0].tolist())
    return rates, stands


def made(side: str, rule: Rule, schedule: Any) -> torch.optim.Optimizer:
    if side != "ours" and isinstance(rule, Lion):
        rule = AdamW()
    return SIDES[side](replace(rule, lr=schedule), [weight()])


def read_again(state: dict[str, Any]) -> dict[str, Any]:
    """The content of a checkpoint, read by torch's safe reader."""
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)  # type: ignore[no-any-return]


@sides
@schedules
def test_the_rate_is_the_schedules_at_every_step(side: str, schedule: Schedule) -> None:
    rates, _ = trained(made(side, SGD(), schedule), 12)
    np.testing.assert_allclose(rates, [schedule(step) for step in range(12)], rtol=1e-12, atol=1e-15)


@sides
@rules
@schedules
def test_a_resumed_a_copied_and_a_pickled_optimiser_go_on(side: str, rule: Rule, schedule: Schedule) -> None:
    optimizer, resumed = made(side, rule, schedule), made(side, rule, schedule)
    trained(optimizer, 5)
    with torch.no_grad():
        params_of(resumed)[0].copy_(params_of(optimizer)[0])
    resumed.load_state_dict(read_again(optimizer.state_dict()))
    others = [resumed, copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))]
    expected = trained(optimizer, 7, start=5)
    for other in others:
        assert type(other) is type(optimizer)
        assert trained(other, 7, start=5) == expected
        assert next_lr(other) == next_lr(optimizer)


@sides
def test_a_copy_made_before_the_first_step_starts_at_the_beginning(side: str) -> None:
    optimizer = made(side, SGD(), Warmup(steps=2, then=Exponential(lr=0.5, gamma=0.5)))
    copies = [copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))]
    assert [trained(one, 4)[0] for one in copies] == [[0.0, 0.25, 0.5, 0.25]] * 2


@pytest.mark.parametrize("rule", [rule for rule in OPTIMIZERS.values() if not isinstance(rule, Lion)], ids=str)
def test_torchs_own_stays_torchs_own(rule: Rule) -> None:
    plain, optimizer = rule.to_torch([weight()]), replace(rule, lr=SCHEDULES["cosine"]).to_torch([weight()])
    for one in (optimizer, copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        assert isinstance(one, type(plain))
        assert type(one).__name__ == type(plain).__name__
        assert isinstance(one.scheduler, torch.optim.lr_scheduler.LRScheduler)


@sides
def test_an_optimiser_that_nobody_holds_is_gone(side: str) -> None:
    optimizer = made(side, Adam(), SCHEDULES["warm-up"])
    trained(optimizer, 2)
    copies = [weakref.ref(copy.deepcopy(optimizer)), weakref.ref(optimizer)]
    del optimizer
    gc.collect()
    assert [one() for one in copies] == [None, None]


def test_a_copied_optimiser_and_the_original_do_not_touch_each_other() -> None:
    optimizer = SGD(lr=Exponential(1.0, 0.5)).to_torch([weight()])
    other = copy.deepcopy(optimizer)
    trained(optimizer, 3)
    assert (next_lr(optimizer), next_lr(other)) == (0.125, 1.0)


def test_a_parameter_that_gets_its_first_gradient_late_has_the_rate_of_all() -> None:
    a, b, c = (nn.Parameter(torch.zeros(1)) for _ in range(3))
    optimizer = TorchOptimizer([a, b], SGD(lr=Linear(lr=1.0, end=0.0, steps=10)))
    for step in range(6):
        if step == 5:
            optimizer.add_param_group({"params": [c]})
        before = [a.item(), b.item(), c.item()]
        a.grad, b.grad, c.grad = torch.ones(1), torch.ones(1) if step >= 4 else None, torch.ones(1)
        optimizer.step()
        moved = [was - now for was, now in zip(before, [a.item(), b.item(), c.item()], strict=True)]
        rate = 1 - step / 10
        assert moved == pytest.approx([rate, rate if step >= 4 else 0, rate if step >= 5 else 0])
    assert b not in TorchOptimizer([b], SGD()).state


@schedules
@pytest.mark.parametrize("at", [0, 1, 4])
def test_a_group_that_is_added_to_torchs_own_follows_the_schedule(schedule: Schedule, at: int) -> None:
    optimizer, late = SGD(lr=schedule).to_torch([weight()]), weight()
    trained(optimizer, at)
    optimizer.add_param_group({"params": [late]})
    others = [optimizer, copy.deepcopy(optimizer)]
    others.append(SGD(lr=schedule).to_torch([{"params": [weight()]}, {"params": [weight()]}]))
    others[-1].load_state_dict(read_again(optimizer.state_dict()))
    for other in others:
        for step in range(at, 10):
            rates = [group["lr"] for group in other.param_groups]
            np.testing.assert_allclose(rates, [schedule(step)] * 2, rtol=1e-12, atol=1e-15)
            trained(other, 1)


def test_adams_bias_is_corrected_by_each_parameters_own_count() -> None:
    params, twins = ([weight(), weight()] for _ in range(2))
    rule = Adam(lr=0.1)
    for pair, optimizer in ((params, TorchOptimizer(params, rule)), (twins, rule.to_torch(twins))):
        for step in range(5):
            pair[0].grad, pair[1].grad = torch.ones(3), torch.ones(3) if step >= 3 else None
            optimizer.step()
    torch.testing.assert_close(params, twins)
    assert TorchOptimizer(params, rule).param_groups[0]["lr"] == 0.1


def test_a_group_may_have_a_schedule_or_a_number_of_its_own() -> None:
    a, b, c = (nn.Parameter(torch.zeros(1)) for _ in range(3))
    groups = [{"params": [a]}, {"params": [b], "lr": Exponential(2.0, 0.5)}, {"params": [c], "lr": 0.25}]
    optimizer = TorchOptimizer(groups, SGD(lr=Exponential(1.0, 0.5)))
    assert "lr_schedule" not in groups[0]  # they stay the caller's
    again = TorchOptimizer([dict(group) for group in groups], SGD(lr=Exponential(1.0, 0.5)))
    for _ in range(2):
        a.grad = b.grad = c.grad = torch.ones(1)
        optimizer.step()
    assert (a.item(), b.item(), c.item()) == (-1.5, -3.0, -0.5)
    again.load_state_dict(read_again(optimizer.state_dict()))
    assert [group["lr"] for group in again.param_groups] == [0.25, 0.5, 0.25]


def test_a_schedule_that_is_put_into_a_group_takes_over_there() -> None:
    optimizer = TorchOptimizer([weight()], SGD(lr=0.1))
    trained(optimizer, 2)
    optimizer.param_groups[0]["lr"] = Exponential(1.0, 0.5)
    assert next_lr(optimizer) == 0.25
    assert trained(optimizer, 2)[0] == [0.25, 0.125]
    assert isinstance(optimizer.param_groups[0]["lr"], float)


def test_a_step_without_any_gradient_and_a_closure_count_as_steps() -> None:
    param = weight()
    optimizer = TorchOptimizer([param], SGD(lr=Exponential(1.0, 0.5)))
    optimizer.step()

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = param.sum()
        loss.backward()
        return loss

    assert next_lr(optimizer) == 0.5
    assert optimizer.step(closure).item() == pytest.approx(4.5)
    assert next_lr(optimizer) == 0.25


def test_a_step_that_is_refused_does_not_count() -> None:
    optimizer = TorchOptimizer([weight()], SGD(lr=Exponential(1.0, 0.5)))
    optimizer.param_groups[0]["momentum"] = 2.0
    with pytest.raises(ValueError, match="momentum must lie in"):
        trained(optimizer, 1)
    assert next_lr(optimizer) == 1.0


def test_a_checkpoint_may_be_older_than_a_setting_or_than_the_clock() -> None:
    optimizer, other = (made("ours", Adam(), Exponential(0.5, 0.5)) for _ in range(2))
    trained(optimizer, 3)
    saved = optimizer.state_dict()
    del saved["steps"], saved["param_groups"][0]["amsgrad"]
    other.load_state_dict(saved)
    assert other.param_groups[0]["amsgrad"] is False
    assert next_lr(other) == 0.0625


def test_what_was_loaded_is_not_shared() -> None:
    large = nn.Parameter(torch.zeros(1 << 20))
    one, other = (TorchOptimizer([large], Adam()) for _ in range(2))
    large.grad = torch.ones_like(large)
    one.step()
    other.load_state_dict(one.state_dict())
    kept = one.state[large]["m"].clone()
    other.step()
    assert torch.equal(one.state[large]["m"], kept)


@pytest.mark.parametrize(
    ("saver", "loader", "words"),
    [
        (
            Adam().to_torch,
            lambda params: TorchOptimizer(params, Adam()),
            "hold the state of Adam, which is step, m, v, v_",
        ),
        (
            lambda params: TorchOptimizer(params, SGD(momentum=0.5)),
            lambda params: TorchOptimizer(params, Adam()),
            "of Adam",
        ),
        (
            SGD().to_torch,
            SGD(lr=SCHEDULES["cosine"]).to_torch,
            r"state_dict\['scheduler'\] must be that of a CosineAnn",
        ),
        (
            SGD(lr=SCHEDULES["step"]).to_torch,
            SGD(lr=SCHEDULES["cosine"]).to_torch,
            "which holds T_max, .*; got _get_lr",
        ),
        (SGD(lr=SHORT["short warm-up"]).to_torch, SGD(lr=SHORT["warm-up"]).to_torch, "must be that of a SequentialLR"),
    ],
)
def test_the_state_of_something_else_is_refused_and_nothing_changes(saver: Any, loader: Any, words: str) -> None:
    one, other = saver([weight()]), loader([weight()])
    trained(one, 2)
    before = copy.deepcopy(other.state_dict())
    with pytest.raises(ValueError, match=words):
        other.load_state_dict(one.state_dict())
    assert other.state_dict() == before


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: SGD(lr=lambda step: 0.1).to_torch([weight()]),
            "lr must be a number or a schedule of lossbook.schedules",
        ),
        (
            lambda: SGD(lr=SCHEDULES["cosine"]).to_torch([{"params": [weight()], "lr": 0.5}]),
            "a group must have no lr of its own beside the schedule Cosine",
        ),
        (
            lambda: SGD(lr=SCHEDULES["cosine"]).to_torch([weight()]).add_param_group({"params": [weight()], "lr": 0.5}),
            "a group must have no lr of its own beside the schedule Cosine",
        ),
        (lambda: set_lr_factor(torch.optim.SGD([weight()]), -1.0), r"factor must lie in \[0, inf\), got -1.0"),
        (lambda: SGD().update(np.ones(1), SGD().init(np.ones(1)), np.ones(1), lr=-0.1), r"lr must lie in \[0, inf\)"),
        (lambda: SGD().update(np.ones(1), SGD().init(np.ones(1)), np.ones(1), lr="0.1"), "lr must be a Python number"),
        (lambda: SGD(lr=lambda step: -1.0).update(np.ones(1), SGD().init(np.ones(1)), np.ones(1)), "lr must lie in"),
    ],
)
def test_what_does_not_fit_is_refused(make: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{words}"):
        make()


@rules
def test_a_rate_that_is_passed_takes_the_place_of_the_rules_own(rule: Rule) -> None:
    theta, grad = np.array([1.0, -2.0]), np.array([0.5, 3.0])
    state = rule.init(theta)
    expected = rule.with_lr(0.3).update(grad, state, theta)[0].tolist()
    assert rule.update(grad, state, theta, lr=0.3)[0].tolist() == expected
    assert replace(rule, lr=Exponential(0.1, 0.5)).update(grad, state, theta, lr=0.3)[0].tolist() == expected
    moved, _ = updated(rule, {"w": grad}, {"w": state}, {"w": theta}, lr=0.3)
    assert moved["w"].tolist() == (theta + expected).tolist()


def test_a_rule_whose_update_knows_no_rate_is_driven_all_the_same() -> None:
    @dataclass(frozen=True)
    class Old(SGD):
        def update(self, grad: Any, state: Any, param: Any) -> Any:  # type: ignore[override]
            return super().update(grad, state, param)

    optimizer = TorchOptimizer([weight(1)], Old(lr=Exponential(1.0, 0.5)))
    (param,) = params_of(optimizer)
    for _ in range(2):
        param.grad = torch.ones(1)
        optimizer.step()
    assert param.item() == -0.5


# A factor on the rate ------------------------------------------------------------------------------------------------

KINDS: dict[str, Callable[[Any], torch.optim.Optimizer]] = {
    "ours, a number": lambda params: TorchOptimizer(params, SGD(lr=0.5)),
    "ours, a schedule": lambda params: TorchOptimizer(params, SGD(lr=Exponential(0.5, 0.5))),
    "torch's, a number": lambda params: SGD(lr=0.5).to_torch(params),
    "torch's, a schedule": lambda params: SGD(lr=Exponential(0.5, 0.5)).to_torch(params),
    "torch's, a warm-up": lambda params: SGD(lr=Warmup(2, Exponential(0.5, 0.5))).to_torch(params),
    "plain Adam": lambda params: torch.optim.Adam(params, lr=0.5),
    "plain, a tensor": lambda params: torch.optim.Adam(params, lr=torch.tensor(0.5), capturable=False, foreach=False),
}
kinds = pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())


@kinds
def test_a_factor_multiplies_every_rate_from_there_on(make: Any) -> None:
    plain, scaled = make([weight()]), make([weight()])
    expected = trained(plain, 6)[0]
    rates = trained(scaled, 2)[0]
    set_lr_factor(scaled, 0.25)
    assert (lr_factor(plain), lr_factor(scaled)) == (1.0, 0.25)
    rates += [rate / 0.25 for rate in trained(scaled, 2)[0]]
    set_lr_factor(scaled, 1.0)
    rates += trained(scaled, 2)[0]
    assert rates == pytest.approx(expected)
    assert last_lr(scaled) == pytest.approx(expected[-1])


@kinds
def test_a_step_really_uses_the_factor(make: Any) -> None:
    half, whole = make([weight()]), make([weight()])
    set_lr_factor(half, 0.5)
    trained(half, 4), trained(whole, 4)
    one, other = (params_of(optimizer)[0] for optimizer in (half, whole))
    for optimizer in (half, whole):
        trained(optimizer, 1)
    assert not torch.equal(one, other)
    set_lr_factor(half, 0.0)
    before = one.detach().clone()
    trained(half, 1)
    assert torch.equal(one, before)
    assert next_lr(half) == 0.0


@pytest.mark.parametrize(
    "attach",
    [
        lambda optimizer: torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5),
        lambda optimizer: torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 0.5**step),
        lambda optimizer: torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.5, total_steps=20),
        lambda optimizer: torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 10),
        lambda optimizer: torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, 3),
    ],
)
@pytest.mark.parametrize("make", [KINDS["ours, a number"], KINDS["torch's, a number"]], ids=["ours", "torch's"])
def test_a_factor_outlives_any_scheduler_of_torchs(attach: Any, make: Any) -> None:
    rates: list[list[float]] = []
    for factor in (1.0, 0.1):
        optimizer = make([weight()])
        scheduler = attach(optimizer)
        rates.append([])
        for step in range(8):
            if step == 3:
                set_lr_factor(optimizer, factor)
            rates[-1] += trained(optimizer, 1)[0]
            scheduler.step()
    assert rates[1][:3] == rates[0][:3]
    assert rates[1][3:] == pytest.approx([0.1 * rate for rate in rates[0][3:]])


@kinds
def test_a_factor_is_saved_and_counts_for_later_groups(make: Any) -> None:
    optimizer, late = make([weight()]), weight()
    set_lr_factor(optimizer, 0.1)
    trained(optimizer, 2)
    optimizer.add_param_group({"params": [late]})
    assert optimizer.param_groups[1]["lr_factor"] == 0.1
    if "plain" in str(type(optimizer)):
        return
    other = make([weight()])
    other.add_param_group({"params": [weight()]})
    other.load_state_dict(read_again(optimizer.state_dict()))
    set_lr_factor(other, other.param_groups[0]["lr_factor"])  # torch's own optimisers need this; ours accept it
    assert next_lr(other) == next_lr(optimizer)


def test_a_factor_is_copied_with_what_applies_it_by_itself() -> None:
    for name, make in KINDS.items():
        optimizer = make([weight()])
        set_lr_factor(optimizer, 0.1)
        trained(optimizer, 2)
        other = copy.deepcopy(optimizer)
        own = "ours" in name or "schedule" in name or "warm-up" in name
        assert lr_factor(other) == (0.1 if own else 1.0)
        rate = next_lr(other)
        before = params_of(other)[0].detach().clone()
        trained(other, 1)  # the rate that it tells is the rate that it uses
        if "Adam" not in type(other).__name__:
            moved = (before - params_of(other)[0].detach()).abs().max().item()
            assert moved == pytest.approx(rate * torch.cos(before * 1).abs().max().item(), rel=1e-4)


def test_a_step_that_raises_leaves_the_rate_right() -> None:
    optimizer = torch.optim.SGD([weight()], lr=0.5)
    set_lr_factor(optimizer, 0.5)

    def closure() -> Tensor:
        raise RuntimeError("no loss")

    for _ in range(2):
        with pytest.raises(RuntimeError, match="no loss"):
            optimizer.step(closure)  # type: ignore[arg-type]
        assert next_lr(optimizer) == 0.25
    assert trained(optimizer, 2)[0] == [0.25, 0.25]


# What a run records --------------------------------------------------------------------------------------------------

DESCENT = Experiment(
    data=Digits(train_size=200),
    model=MLP((784, 10)),
    loss=SoftmaxCrossEntropy(),
    optimizer=SGD(lr=Exponential(0.1, 0.9)),
    steps=8,
    eval_every=8,
    device="cpu",
)


def of_the_schedule(steps: int) -> tuple[float, ...]:
    return tuple(DESCENT.optimizer.lr(step) for step in range(steps))


def really_used(history: History) -> Iterator[float]:
    """From the history of plain descent on one weight vector: ‖Δθ‖ / ‖g‖ up to the change of ‖θ‖."""
    return (ratio / norm for ratio, norm in zip(history.update_ratio, history.grad_norm, strict=True))


@dataclass(frozen=True)
class EveryFourth(Loop):
    """An update for every four batches."""

    def step(self, training: Training, x: Tensor, y: Tensor) -> Tensor:
        if training.step % 4 == 0:
            training.optimizer.zero_grad()
        loss = training.objective(x, y)
        (loss / 4).backward()
        training.clip()
        if training.step % 4 == 3:
            training.optimizer.step()
        return loss


@dataclass(frozen=True)
class ByHand(Loop):
    """A loop that sets the rate itself, just before the update."""

    def step(self, training: Training, x: Tensor, y: Tensor) -> Tensor:
        training.optimizer.zero_grad()
        loss = training.objective(x, y)
        loss.backward()
        training.clip()
        for group in training.optimizer.param_groups:
            group["lr"] = 0.01 * (training.step + 1)
        training.optimizer.step()
        return loss


def test_a_history_records_the_rate_of_each_update() -> None:
    ours, theirs = run(DESCENT), run(replace(DESCENT, optimizer=TorchTwin(DESCENT.optimizer)))
    assert ours.lr == of_the_schedule(8)
    assert theirs.lr == pytest.approx(ours.lr, rel=1e-12)
    history = run(replace(DESCENT, optimizer=SGD(lr=Exponential(1e-4, 0.5))))  # ‖θ‖ hardly changes
    by_rate = [used / rate for used, rate in zip(really_used(history), history.lr, strict=True)]
    assert by_rate == pytest.approx([by_rate[0]] * 8, rel=0.01)


@pytest.mark.parametrize("optimizer", [DESCENT.optimizer, TorchTwin(DESCENT.optimizer)], ids=["ours", "torch's"])
def test_an_optimiser_made_at_each_step_begins_the_schedule_each_time(optimizer: Any) -> None:
    history = run(replace(DESCENT, optimizer=optimizer, loop=OptimizerInTheLoop()))
    assert history.lr == (0.1,) * 8
    history = run(replace(DESCENT, optimizer=optimizer, loop=ModelInTheLoop(epoch=3)))
    assert history.lr == pytest.approx((*of_the_schedule(3), *of_the_schedule(3), *of_the_schedule(2)))


@pytest.mark.parametrize("optimizer", [DESCENT.optimizer, TorchTwin(DESCENT.optimizer)], ids=["ours", "torch's"])
def test_batches_without_an_update_have_the_rate_of_the_next_one(optimizer: Any) -> None:
    history = run(replace(DESCENT, optimizer=optimizer, loop=EveryFourth()))
    one, two = of_the_schedule(2)
    assert history.lr == pytest.approx((one,) * 4 + (two,) * 4)


def test_a_loop_that_sets_the_rate_itself_is_recorded_as_it_is() -> None:
    assert run(replace(DESCENT, loop=ByHand())).lr == tuple(0.01 * step for step in range(1, 9))


def test_a_numpy_run_and_a_sweep_record_the_same() -> None:
    assert run(replace(DESCENT, model=NumPyMLP((784, 10)))).lr == of_the_schedule(8)
    values = [DESCENT.optimizer.lr, Linear(0.1, 0.0, 4), 0.05]
    for value, history in zip(values, sweep(DESCENT, "optimizer.lr", values), strict=True):
        single = run(replace(DESCENT, optimizer=SGD(lr=value)))
        assert history.batched
        assert (history.lr, history.loss) == (single.lr, single.loss)


@rules
@pytest.mark.parametrize("make", [np.asarray, torch.tensor], ids=["numpy", "torch"])
def test_a_rate_of_each_run_moves_it_as_the_number_does_to_the_last_bit(rule: Rule, make: Any) -> None:
    rates: list[Any] = [1e-3, 3.3e-3, 0.0077, Exponential(0.0123, 0.9)]
    alone = [replace(rule, lr=rate, weight_decay=0.3) for rate in rates]  # type: ignore[call-arg]
    rng = np.random.default_rng(0)
    theta, grads = (rng.normal(size=(*shape, 4, 64)).astype(np.float32) for shape in ((), (3,)))
    many = batched(alone, make(theta))
    together, state = make(theta), many.init(make(theta))
    singles = [(make(theta[run]), each.init(make(theta[run]))) for run, each in enumerate(alone)]
    for step, grad in enumerate(grads):
        delta, state = many.update(make(grad), state, together, lr=lr_at(many.lr, step))
        together = together + delta
        for index, each in enumerate(alone):
            param, own = singles[index]
            change, own = each.update(make(grad[index]), own, param)
            singles[index] = param + change, own
            np.testing.assert_array_equal(np.asarray(together[index]), np.asarray(singles[index][0]))


def test_a_rate_that_grows_to_infinity_lets_the_run_diverge() -> None:
    for model in (MLP((784, 10)), NumPyMLP((784, 10))):
        for optimizer in (SGD(lr=Exponential(1.0, 1e200)), Adam(lr=Exponential(1.0, 1e200))):
            history = run(replace(DESCENT, model=model, optimizer=optimizer, steps=4))
            assert history.lr == (1.0, 1e200, np.inf, np.inf)
            assert not np.isfinite(history.loss[-1])


# Where the learning rate stands --------------------------------------------------------------------------------------


@schedules
def test_a_scaled_schedule_is_the_schedule_times_the_factor(schedule: Schedule) -> None:
    scaled = schedule.scaled(0.5)
    assert type(scaled) is type(schedule)
    assert [scaled(step) for step in range(30)] == pytest.approx([0.5 * schedule(step) for step in range(30)])


@schedules
def test_a_rule_is_scaled_whatever_its_learning_rate_is(schedule: Schedule) -> None:
    assert SGD(lr=schedule, momentum=0.5).scaled(2.0) == SGD(lr=schedule.scaled(2.0), momentum=0.5)
    assert TorchTwin(Adam(lr=schedule)).scaled(2.0) == TorchTwin(Adam(lr=schedule.scaled(2.0)))
    assert Adam(lr=0.25).scaled(2.0) == Adam(lr=0.5)
    assert SGD(lr=lambda step: 0.5 + step).scaled(2.0).lr(1) == 3.0  # type: ignore[operator]


@pytest.mark.parametrize("lr", [OneCycle(peak=0.3, steps=100), 0.3, Warmup(5, OneCycle(peak=0.3, steps=100))], ids=str)
@pytest.mark.parametrize("twin", [False, True])
def test_another_learning_rate_is_tried_wherever_it_stands(lr: Any, twin: bool) -> None:
    broken = SCENARIOS["lr-too-high-oscillates"].broken
    rule = SGD(lr=lr)
    tried = WRONG_FIXES["another-lr"](replace(broken, optimizer=TorchTwin(rule) if twin else rule), "slow")
    assert tried.optimizer == (TorchTwin(rule.scaled(3.0)) if twin else rule.scaled(3.0))


def test_the_range_test_sets_the_rate_wherever_it_stands() -> None:
    for optimizer in (SGD(lr=OneCycle(0.1, 10)), TorchTwin(SGD())):
        found = lr_range_test(replace(DESCENT, optimizer=optimizer), low=1e-3, high=1.0, steps=10)
        assert found.lrs == pytest.approx(np.geomspace(1e-3, 1.0, 10))


def test_a_loop_may_hold_any_optimiser() -> None:
    made = make_optimizer(SGD(lr=0.5), [weight()])
    assert (next_lr(made), last_lr(made)) == (0.5, 0.5)
