"""One contract for every row of OPTIMIZERS; a new row gets all of it."""

from __future__ import annotations

import pickle
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import lossbook.optim
from lossbook.optim import (
    OPTIMIZERS,
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    AdamW,
    ClipByGlobalNorm,
    ClipByValue,
    Lion,
    RMSprop,
    Rule,
    TorchOptimizer,
)
from lossbook.schedules import Exponential

rows = pytest.mark.parametrize("rule", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
# every row once more with weight decay and with a schedule, where it has a twin in torch
TWINS = {name: rule for name, rule in OPTIMIZERS.items() if not isinstance(rule, Lion)}
VARIANTS = {
    **TWINS,
    **{f"{name}, decay": replace(rule, weight_decay=0.1) for name, rule in TWINS.items()},  # type: ignore[call-arg]
    **{f"{name}, schedule": replace(rule, lr=Exponential(lr=0.05, gamma=0.97)) for name, rule in TWINS.items()},
}
variants = pytest.mark.parametrize("rule", VARIANTS.values(), ids=VARIANTS.keys())
BOUND = {"float64": 1e-12, "float32": 5e-5}  # of 1 + |θ|, after 100 steps


def ours(rule: Rule, theta: Any, grads: Any) -> Any:
    """The point to which the rule leads from ``theta`` along these gradients, and its last state."""
    state = rule.init(theta)
    for grad in grads:
        delta, state = rule.update(grad, state, theta)
        theta = theta + delta
    return theta, state


def theirs(rule: Rule, theta: np.ndarray, grads: np.ndarray) -> np.ndarray:
    """The point to which torch's own optimiser leads."""
    param = torch.nn.Parameter(torch.tensor(theta))
    optimizer = rule.to_torch([param])
    for grad in grads:
        param.grad = torch.tensor(grad)
        optimizer.step()
    return param.detach().numpy()


def problem(shape: tuple[int, ...], dtype: str, seed: int, steps: int = 100) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=shape).astype(dtype), rng.normal(size=(steps, *shape)).astype(dtype)


@variants
@pytest.mark.parametrize("dtype", BOUND)
@given(shape=st.lists(st.integers(1, 5), min_size=1, max_size=3).map(tuple), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=4, deadline=None, derandomize=True)
def test_a_hundred_steps_end_where_torch_ends(rule: Rule, dtype: str, shape: tuple[int, ...], seed: int) -> None:
    theta, grads = problem(shape, dtype, seed)
    expected = theirs(rule, theta, grads)
    bound = BOUND[dtype] * (1 + np.abs(expected))
    for end in (ours(rule, theta, grads)[0], ours(rule, torch.tensor(theta), torch.tensor(grads))[0].numpy()):
        assert np.all(np.abs(end - expected) <= bound)


@rows
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("make", [np.asarray, torch.tensor], ids=["numpy", "torch"])
def test_update_is_pure_and_keeps_shape_and_dtype(rule: Rule, dtype: str, make: Any) -> None:
    theta, grads = problem((3, 2), dtype, seed=1, steps=2)
    _, state = ours(rule, make(theta), [make(grads[0])])
    kept = [None if part is None else np.asarray(part).copy() for part in state]
    param, grad = make(theta), make(grads[1])
    delta, new = rule.update(grad, state, param)
    assert delta.shape == param.shape
    assert delta.dtype == param.dtype
    assert type(new.step) is int
    assert new.step == state.step + 1 == 2
    for old, now in zip(kept, state, strict=True):
        assert old is now is None or np.array_equal(old, np.asarray(now))
    np.testing.assert_array_equal(np.asarray(param), theta)
    np.testing.assert_array_equal(np.asarray(grad), grads[1])
    for part in new[1:]:
        assert part is None or (part.shape == param.shape and part.dtype == param.dtype)


@rows
@pytest.mark.parametrize("make", [np.asarray, torch.tensor], ids=["numpy", "torch"])
def test_a_schedule_sets_each_steps_rate_and_keeps_the_dtype(rule: Rule, make: Any) -> None:
    theta, grads = problem((3,), "float32", seed=3, steps=4)
    scheduled = replace(rule, lr=Exponential(lr=rule.lr, gamma=0.5))
    state, expected = scheduled.init(make(theta)), rule.init(make(theta))
    for step, grad in enumerate(grads):
        delta, state = scheduled.update(make(grad), state, make(theta))
        plain, expected = replace(rule, lr=rule.lr * 0.5**step).update(make(grad), expected, make(theta))
        assert delta.dtype == make(theta).dtype
        np.testing.assert_array_equal(np.asarray(delta), np.asarray(plain))


@rows
def test_many_runs_at_once_are_the_single_runs(rule: Rule) -> None:
    theta, grads = problem((4, 3), "float64", seed=2)  # four runs of a parameter of shape (3,)
    together = ours(rule, theta, grads)[0]
    for run in range(4):
        np.testing.assert_array_equal(together[run], ours(rule, theta[run], grads[:, run])[0])


@rows
def test_a_rule_is_a_value(rule: Rule) -> None:
    again = eval(repr(rule), vars(lossbook.optim))
    assert again == rule == pickle.loads(pickle.dumps(rule))
    assert hash(again) == hash(rule)
    assert replace(rule, lr=rule.lr / 2) != rule  # type: ignore[type-var]


@rows
def test_no_gradient_no_move(rule: Rule) -> None:
    theta, rule = np.ones(3), replace(rule, weight_decay=0.0)  # type: ignore[call-arg]
    delta, _ = rule.update(np.zeros(3), rule.init(theta), theta)
    assert not delta.any()


@rows
def test_what_does_not_fit_is_refused(rule: Rule) -> None:
    theta = np.ones((3, 1))
    with pytest.raises(ValueError, match=r"grad and param must have the same shape, got grad \(3,\), param \(3, 1\)"):
        rule.update(np.ones(3), rule.init(theta), theta)
    with pytest.raises(TypeError, match="param must be a NumPy array or a torch tensor, got float"):
        rule.init(1.0)
    with pytest.raises(TypeError, match="from one library, got a mixture"):
        rule.update(torch.ones(3, 1), rule.init(theta), theta)
    with pytest.raises(ValueError, match=r"lr must lie in \[0, inf\), got -0.1"):
        replace(rule, lr=-0.1)  # type: ignore[type-var]
    with pytest.raises(ValueError, match=r"lr must lie in \[0, inf\), got nan"):
        replace(rule, lr=float("nan"))  # type: ignore[type-var]
    with pytest.raises(TypeError, match="lr must be a Python number, got '0.1' of type str"):
        replace(rule, lr="0.1")  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: SGD(momentum=1.0), r"momentum must lie in \[0, 1\), got 1.0"),
        (lambda: SGD(nesterov=True), "nesterov needs a momentum above 0, got momentum=0"),
        (lambda: SGD(nesterov=1), "nesterov must be True or False, got 1"),  # type: ignore[arg-type]
        (lambda: Adam(betas=(0.9, 1.0)), r"betas\[1\] must lie in \[0, 1\), got 1.0"),
        (lambda: Adam(betas=(-0.1, 0.9)), r"betas\[0\] must lie in \[0, 1\), got -0.1"),
        (lambda: Adam(betas=0.9), "betas must be a tuple of two numbers, got 0.9"),  # type: ignore[arg-type]
        (lambda: Adam(eps=-1e-8), r"eps must lie in \[0, inf\), got -1e-08"),
        (lambda: Adam(bias_correction=None), "bias_correction must be True or False, got None"),  # type: ignore[arg-type]
        (lambda: Adagrad(eps=-1.0), r"eps must lie in \[0, inf\), got -1.0"),
        (lambda: Adagrad(weight_decay=-1.0), r"weight_decay must lie in \[0, inf\), got -1.0"),
        (lambda: Adadelta(rho=1.0), r"rho must lie in \[0, 1\), got 1.0"),
        (lambda: RMSprop(rho=-0.1), r"rho must lie in \[0, 1\), got -0.1"),
        (lambda: RMSprop(centered="yes"), "centered must be True or False, got 'yes'"),  # type: ignore[arg-type]
        (lambda: RMSprop(momentum=1.0), r"momentum must lie in \[0, 1\), got 1.0"),
        (lambda: Adam(amsgrad=1), "amsgrad must be True or False, got 1"),  # type: ignore[arg-type]
        (lambda: AdamW(decoupled=0), "decoupled must be True or False, got 0"),  # type: ignore[arg-type]
        (lambda: Lion(betas=(0.9, 2.0)), r"betas\[1\] must lie in \[0, 1\), got 2.0"),
        (lambda: Lion().to_torch([]), "torch has no Lion"),
        (lambda: SGD(lr=Exponential), "lr must be a Python number, got <class"),  # type: ignore[arg-type]
        (lambda: ClipByValue(-1.0), r"limit must lie in \[0, inf\), got -1.0"),
        (lambda: ClipByGlobalNorm(-1.0), r"max_norm must lie in \[0, inf\), got -1.0"),
        (lambda: Adam(bias_correction=False).to_torch([]), "always corrects the bias, got bias_correction=False"),
    ],
)
def test_bad_knobs_are_refused(make: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError, NotImplementedError), match=words):
        make()


def test_first_steps_worked_out_by_hand() -> None:
    theta, grads = np.array([1.0, -2.0]), np.array([[0.5, 4.0], [0.5, -4.0]])
    plain, _ = ours(SGD(lr=0.1), theta, grads)
    np.testing.assert_allclose(plain, [1.0 - 0.1 * (0.5 + 0.5), -2.0], rtol=1e-15)
    # velocities 0.5, 0.95 and 4, -0.4
    heavy, state = ours(SGD(lr=0.1, momentum=0.9), theta, grads)
    np.testing.assert_allclose(state.velocity, [0.95, -0.4], rtol=1e-15)
    np.testing.assert_allclose(heavy, [1.0 - 0.1 * 1.45, -2.0 - 0.1 * 3.6], rtol=1e-15)
    # directions g + 0.9 b: 0.95, 1.355 and 7.6, -4.36
    ahead, _ = ours(SGD(lr=0.1, momentum=0.9, nesterov=True), theta, grads)
    np.testing.assert_allclose(ahead, [1.0 - 0.1 * 2.305, -2.0 - 0.1 * 3.24], rtol=1e-15)
    # Adam: m̂₁ = g₁, v̂₁ = g₁², so the first step is -lr·sign(g₁)
    first, state = ours(Adam(lr=0.1, eps=0.0), theta, grads[:1])
    np.testing.assert_allclose(first, [0.9, -2.1], rtol=1e-14)
    np.testing.assert_allclose(state.m, [0.05, 0.4], rtol=1e-14)
    np.testing.assert_allclose(state.v, [0.00025, 0.016], rtol=1e-12)
    # second step, second coordinate: m = 0.9·0.4 - 0.4 = -0.04, m̂ = -0.04/0.19, √v̂ = 4
    second, _ = ours(Adam(lr=0.1, eps=0.0), theta, grads)
    np.testing.assert_allclose(second[1], -2.1 + 0.1 * (0.04 / 0.19) / 4, rtol=1e-14)
    # without the correction the first step is lr·(1-β₁)/√(1-β₂)
    raw, _ = ours(Adam(lr=0.1, eps=0.0, bias_correction=False), theta, grads[:1])
    np.testing.assert_allclose(raw, theta - np.sign(grads[0]) * 0.1 * 0.1 / np.sqrt(0.001), rtol=1e-12)


@rows
@pytest.mark.parametrize("make", [np.asarray, torch.tensor], ids=["numpy", "torch"])
def test_a_gradient_of_another_dtype_is_refused_and_nothing_is_promoted(rule: Rule, make: Any) -> None:
    param, grad = make(np.ones(2, np.float32)), make(np.ones(2, np.float64))
    with pytest.raises(
        TypeError, match=r"grad and param must have the same dtype, got grad .*float64, param .*float32"
    ):
        rule.update(grad, rule.init(param), param)
    whole = make(np.ones(2, np.int64))
    with pytest.raises(TypeError, match="param must have a floating dtype, got .*int64"):
        rule.update(whole, rule.init(param), whole)


@rows
@pytest.mark.parametrize("number", [np.float64, np.float32])
def test_numpys_numbers_count_as_pythons(rule: Rule, number: Any) -> None:
    knobs = {field.name: getattr(rule, field.name) for field in fields(rule)}
    theirs = {
        name: tuple(map(number, value)) if isinstance(value, tuple) else number(value)
        for name, value in knobs.items()
        if not isinstance(value, bool)
    }
    made = replace(rule, **theirs)
    assert eval(repr(made), vars(lossbook.optim)) == made
    param = np.ones(2, np.float32)
    for delta, state in (
        made.update(param, made.init(param), param),
        rule.update(param, rule.init(param), param, lr=number(0.1)),
    ):
        assert delta.dtype == np.float32
        assert all(part is None or part.dtype == np.float32 for part in state[1:])


@rows
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_computed_in_single_and_rounded_once(rule: Rule, dtype: str) -> None:
    half, grads = getattr(torch, dtype), torch.tensor([[300.0, 1e-4, 0.0], [0.01, -1e-4, 0.0], [0.01, 1e-4, 0.0]])
    theta, state = torch.ones(3, dtype=half), rule.init(torch.ones(3, dtype=half))
    single, expected = theta.float(), rule.init(theta.float())
    for grad in grads.to(half):
        delta, state = rule.update(grad, state, theta)
        change, expected = rule.update(grad.float(), expected, single)
        assert delta.dtype == half
        assert torch.equal(delta, change.to(half))
        assert all(
            part is None or torch.equal(part, other) for part, other in zip(state[1:], expected[1:], strict=True)
        )
    assert torch.isfinite(delta).all()


@pytest.mark.parametrize("rule", [Adam(lr=0.01), RMSprop(lr=0.01), AdamW(lr=0.01)], ids=str)
def test_one_large_gradient_in_float16_ends_where_torch_ends(rule: Rule) -> None:
    ours, theirs = (torch.nn.Parameter(torch.ones(1, dtype=torch.float16)) for _ in range(2))
    for param, optimizer in ((ours, TorchOptimizer([ours], rule)), (theirs, rule.to_torch([theirs]))):
        for step in range(20):
            param.grad = torch.full((1,), 300.0 if step == 0 else 0.01, dtype=torch.float16)
            optimizer.step()
    assert ours.item() == pytest.approx(theirs.item(), abs=0.005)


def test_half_precision_is_resumed_bit_for_bit() -> None:
    params = [torch.nn.Parameter(torch.ones(2, dtype=torch.float16)) for _ in range(2)]
    one, other = (TorchOptimizer([param], Adam(lr=0.01)) for param in params)

    def step(param: Any, optimizer: Any) -> None:
        param.grad = torch.tensor([1e-4, 300.0], dtype=torch.float16)
        optimizer.step()

    for _ in range(3):
        step(params[0], one)
    other.load_state_dict(one.state_dict())
    params[1].data.copy_(params[0].data)
    assert one.state[params[0]]["v"][0] != 0
    for _ in range(3):
        step(params[0], one)
        step(params[1], other)
    assert torch.equal(*params)


SWITCHED = [  # a rule, what is switched on after two steps, and the array that it needs
    (SGD(lr=0.1), {"momentum": 0.9}, "velocity"),
    (RMSprop(lr=0.1), {"momentum": 0.9}, "velocity"),
    (RMSprop(lr=0.1), {"centered": True}, "mean"),
    (Adam(lr=0.1), {"amsgrad": True}, "v_max"),
]


@pytest.mark.parametrize(("rule", "knob", "name"), SWITCHED, ids=lambda value: str(value))
@pytest.mark.parametrize("size", [2, 1 << 19])
def test_a_setting_that_is_switched_on_later_begins_at_zero(rule: Rule, knob: Any, name: str, size: int) -> None:
    param = torch.nn.Parameter(torch.linspace(1, 2, size))
    optimizer, expected = TorchOptimizer([param], rule), param.detach().clone()
    state = rule.init(expected)
    for step in range(5):
        if step == 2:
            rule, state = replace(rule, **knob), state._replace(**{name: torch.zeros(size)})
        optimizer.param_groups[0].update(knob if 2 <= step < 4 else dict.fromkeys(knob, type(*knob.values())(0)))
        if step == 4:  # off again: it is kept, as torch keeps it
            rule = replace(rule, **dict.fromkeys(knob, type(*knob.values())(0)))
        grad = torch.cos(expected * (step + 1))
        delta, state = rule.update(grad, state, expected)
        expected = expected + delta
        param.grad = grad
        optimizer.step()
    assert torch.equal(param, expected)
    assert torch.equal(optimizer.state[param][name], getattr(state, name))


def test_momentum_that_is_switched_on_and_off_is_torchs() -> None:
    params = [torch.nn.Parameter(torch.ones(2)) for _ in range(2)]
    optimizers = [TorchOptimizer([params[0]], SGD(lr=0.1)), SGD(lr=0.1).to_torch([params[1]])]
    for step, momentum in enumerate([0.0, 0.9, 0.9, 0.0, 0.0, 0.5, 0.9]):
        for param, optimizer in zip(params, optimizers, strict=True):
            optimizer.param_groups[0]["momentum"] = momentum
            param.grad = torch.cos(param.detach() * step)
            optimizer.step()
    torch.testing.assert_close(*params)


def test_plain_gradient_descent_has_a_cautious_rate() -> None:
    assert SGD() == SGD(lr=0.01, momentum=0.0, nesterov=False, weight_decay=0.0)


def test_lion_worked_out_by_hand() -> None:
    theta, grads = np.array([1.0, -2.0]), np.array([[0.5, 4.0], [-6.0, 0.1]])
    rule = Lion(lr=0.1, betas=(0.9, 0.99), weight_decay=0.5)
    # c = 0.1 g, sign +1 +1; then m = 0.01 g = 0.005, 0.04; c = 0.9 m + 0.1 g = -0.5955, 0.046: signs -1 +1
    first = np.array([1.0 - 0.1 * (1 + 0.5), -2.0 - 0.1 * (1 - 1.0)])
    second = first - 0.1 * (np.array([-1.0, 1.0]) + 0.5 * first)
    end, state = ours(rule, theta, grads)
    np.testing.assert_allclose(end, second, rtol=1e-15)
    np.testing.assert_allclose(state.m, [0.99 * 0.005 - 0.06, 0.99 * 0.04 + 0.001], rtol=1e-14)


def test_lion_weighs_momentum_against_gradient() -> None:
    theta, rule = np.zeros(3), Lion(lr=1.0, betas=(0.6, 0.9))
    state = rule.init(theta)._replace(m=np.array([1.0, 1.0, 1.0]))
    # c = 0.6 m + 0.4 g is 0 at g = -1.5: on either side of it the sign turns
    delta, state = rule.update(np.array([-1.4, -1.6, 0.0]), state, theta)
    assert delta.tolist() == [-1.0, 1.0, -1.0]
    np.testing.assert_allclose(state.m, [0.76, 0.74, 0.9], rtol=1e-14)


def test_centred_rmsprop_worked_out_by_hand() -> None:
    theta, rule = np.zeros(1), RMSprop(lr=0.1, rho=0.5, eps=0.0, centered=True)
    # v = 0.5·0.5·9 + 0.5·1 = 2.75, mean = 0.5·0.5·3 - 0.5·1 = 0.25, so the spread is 2.75 - 0.0625
    end, state = ours(rule, theta, np.array([[3.0], [-1.0]]))
    assert (float(state.v[0]), float(state.mean[0])) == (2.75, 0.25)
    first = -0.1 * 3.0 / np.sqrt(4.5 - 2.25)
    np.testing.assert_allclose(end, first + 0.1 / np.sqrt(2.75 - 0.0625), rtol=1e-14)


def test_decay_is_coupled_in_adam_and_decoupled_in_adamw() -> None:
    theta, grads = np.array([10.0, -10.0]), np.zeros((1, 2))
    coupled, _ = ours(Adam(lr=0.1, weight_decay=0.5, eps=0.0), theta, grads)
    np.testing.assert_allclose(coupled, [9.9, -9.9], rtol=1e-14)  # the sign of λθ, times lr
    decoupled, _ = ours(AdamW(lr=0.1, weight_decay=0.5), theta, grads)
    np.testing.assert_allclose(decoupled, theta * (1 - 0.1 * 0.5), rtol=1e-14)


def test_amsgrad_never_forgets_a_large_gradient() -> None:
    theta, grads = np.array([0.0]), np.array([[10.0]] + [[0.1]] * 200)
    quick = ours(replace(OPTIMIZERS["adam"], betas=(0.0, 0.5)), theta, grads)[0]  # type: ignore[call-arg]
    slow = ours(replace(OPTIMIZERS["amsgrad"], betas=(0.0, 0.5)), theta, grads)[0]  # type: ignore[call-arg]
    assert abs(quick[0]) > 10 * abs(slow[0])


GRADS = {"w": np.array([[3.0, -4.0]]), "b": np.array([12.0])}  # norm 13


@pytest.mark.parametrize("make", [np.asarray, torch.tensor], ids=["numpy", "torch"])
@pytest.mark.parametrize("limit", [0.5, 2.0, 100.0])
def test_clipping_is_torchs(make: Any, limit: float) -> None:
    for clipping, twin in (
        (ClipByValue(limit), torch.nn.utils.clip_grad_value_),
        (ClipByGlobalNorm(limit), torch.nn.utils.clip_grad_norm_),
    ):
        params = [torch.nn.Parameter(torch.zeros(grad.shape, dtype=torch.float64)) for grad in GRADS.values()]
        for param, grad in zip(params, GRADS.values(), strict=True):
            param.grad = torch.tensor(grad)
        twin(params, limit)
        clipped = clipping.apply({name: make(grad) for name, grad in GRADS.items()})
        assert list(clipped) == list(GRADS)
        for param, grad in zip(params, clipped.values(), strict=True):
            np.testing.assert_allclose(grad, param.grad, rtol=1e-14)
    assert GRADS["b"].tolist() == [12.0]


def test_clipping_leaves_small_gradients_as_they_are() -> None:
    for limit in (13.1, 20.0):  # the norm is 13: nothing may change, not even by rounding
        assert ClipByGlobalNorm(limit).apply(GRADS)["w"] is GRADS["w"]
    assert ClipByGlobalNorm(12.0).apply(GRADS)["b"][0] < 12


def test_clipping_worked_out_by_hand() -> None:
    clipped = ClipByGlobalNorm(6.5).apply(GRADS)
    np.testing.assert_allclose(clipped["b"], [6.0], rtol=1e-6)
    np.testing.assert_allclose(clipped["w"], [[1.5, -2.0]], rtol=1e-6)
    assert ClipByValue(3.5).apply(GRADS)["w"].tolist() == [[3.0, -3.5]]


@pytest.mark.parametrize(
    "values", [[np.nan, 1.0, -2.0], [np.inf, 1.0, -2.0], [-np.inf, np.inf, 0.0], [np.nan, np.inf, 1.0]]
)
@pytest.mark.parametrize("make", [np.asarray, torch.tensor], ids=["numpy", "torch"])
def test_clipping_what_is_not_finite_is_torchs(values: list[float], make: Any) -> None:
    params = [torch.nn.Parameter(torch.zeros(3, dtype=torch.float64)), torch.nn.Parameter(torch.zeros(1))]
    params[0].grad, params[1].grad = torch.tensor(values, dtype=torch.float64), torch.ones(1)
    torch.nn.utils.clip_grad_norm_(params, 0.5)
    with np.errstate(invalid="ignore"):
        clipped = ClipByGlobalNorm(0.5).apply({"w": make(np.array(values)), "b": make(np.ones(1))})
    for param, grad in zip(params, clipped.values(), strict=True):
        np.testing.assert_allclose(grad, param.grad, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("make", [np.asarray, torch.tensor], ids=["numpy", "torch"])
def test_a_norm_overflows_only_where_the_gradient_does(dtype: str, make: Any) -> None:
    limits = np.finfo(dtype)
    size = float(limits.max) / 4
    grads = {"w": make(np.full((2, 2), size, dtype)), "b": make(np.zeros(3, dtype))}
    for clipping in (ClipByGlobalNorm(size), ClipByValue(size / 2)):
        clipped = clipping.apply(grads)
        assert clipped["w"].dtype == grads["w"].dtype
        np.testing.assert_allclose(np.asarray(clipped["w"], float), size / 2, rtol=2 * limits.eps)


@pytest.mark.parametrize("clipping", [ClipByValue(1.0), ClipByGlobalNorm(1.0)])
def test_clipping_passes_nan_on(clipping: Any) -> None:
    assert np.isnan(clipping.apply({"w": np.array([np.nan, 1.0])})["w"][0])
