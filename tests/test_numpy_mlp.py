"""The network by hand against autograd, against central differences, and on real digits."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch

import lossbook.models
from lossbook.data import mnist_arrays
from lossbook.losses import SoftmaxCrossEntropy
from lossbook.models import NumPyMLP
from lossbook.models.numpy_mlp import FUNCTIONS
from lossbook.optim import SGD, Adam

SIZES = (6, 5, 4, 3, 2)
NETS = [NumPyMLP(SIZES[-depth - 1 :], activation) for activation in FUNCTIONS for depth in (1, 2, 3, 4)]
nets = pytest.mark.parametrize("net", NETS, ids=lambda net: f"{net.activation}-{len(net.sizes) - 1}")
MAKERS = {"numpy": np.asarray, "torch": torch.tensor}


def problem(net: NumPyMLP, dtype: str = "float64", make: Any = np.asarray) -> tuple[dict, Any, Any]:
    """Weights, inputs, and a gradient for the output."""
    rng = np.random.default_rng(0)
    params = {name: make(param.astype(dtype)) for name, param in net.init(seed=1).items()}
    x = make(rng.normal(size=(7, net.sizes[0])).astype(dtype))
    return params, x, make(rng.normal(size=(7, net.sizes[-1])).astype(dtype))


@nets
def test_output_and_gradient_are_autograds(net: NumPyMLP) -> None:
    params, x, grad_output = problem(net)
    output, cache = net.forward(params, x)
    grads = net.backward(params, cache, grad_output)
    twin = net.to_torch(params)
    theirs = twin(torch.tensor(x))
    theirs.backward(torch.tensor(grad_output))
    np.testing.assert_allclose(output, theirs.detach(), rtol=0, atol=1e-12)
    assert list(grads) == list(params)
    for ours, param in zip(grads.values(), twin.parameters(), strict=True):
        np.testing.assert_allclose(ours, param.grad, rtol=0, atol=1e-12)


@nets
def test_gradient_is_the_slope(net: NumPyMLP) -> None:
    params, x, grad_output = problem(net)
    grads, h = net.backward(params, net.forward(params, x)[1], grad_output), 1e-6
    for name, param in params.items():
        for index in np.ndindex(param.shape):
            step = np.zeros_like(param)
            step[index] = h
            above, below = (net.forward(params | {name: param + sign * step}, x)[0] for sign in (1, -1))
            assert grads[name][index] == pytest.approx(np.sum(grad_output * (above - below)) / (2 * h), abs=1e-7)


@pytest.mark.parametrize("activation", FUNCTIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS.keys())
def test_passes_are_pure_and_keep_dtype_and_shape(activation: str, dtype: str, make: Any) -> None:
    net = NumPyMLP(SIZES, activation)
    params, x, grad_output = problem(net, dtype, make)
    before, kept_x, kept_grad = problem(net, dtype)
    output, cache = net.forward(params, x)
    grads = net.backward(params, cache, grad_output)
    assert type(output) is type(x)
    assert (output.dtype, tuple(output.shape)) == (x.dtype, (7, 2))
    for name, grad in grads.items():
        assert type(grad) is type(x)
        assert (grad.dtype, grad.shape) == (params[name].dtype, params[name].shape)
        np.testing.assert_array_equal(params[name], before[name])
    np.testing.assert_array_equal(x, kept_x)
    np.testing.assert_array_equal(grad_output, kept_grad)
    expected = net.backward(before, net.forward(before, kept_x)[1], kept_grad)
    for name, grad in grads.items():
        np.testing.assert_allclose(grad, expected[name], atol=1e-5 if dtype == "float32" else 1e-14)


def test_numbers_worked_out_by_hand() -> None:
    net = NumPyMLP(sizes=(2, 2, 1))
    params = {
        "W1": np.array([[1.0, 2.0], [3.0, -4.0]]),
        "b1": np.array([0.5, 0.0]),
        "W2": np.array([[2.0, 7.0]]),
        "b2": np.array([-1.0]),
    }
    output, cache = net.forward(params, np.array([[1.0, 1.0]]))  # z₁ = (3.5, -1), a₁ = (3.5, 0)
    assert output.tolist() == [[6.0]]
    grads = net.backward(params, cache, np.array([[10.0]]))  # δ₁ = (20, 0): the second neuron is off
    assert {name: grad.tolist() for name, grad in grads.items()} == {
        "W1": [[20.0, 20.0], [0.0, 0.0]],
        "b1": [20.0, 0.0],
        "W2": [[35.0, 0.0]],
        "b2": [10.0],
    }


def test_images_are_flattened_and_an_empty_batch_has_no_gradient() -> None:
    net = NumPyMLP(sizes=(12, 3))
    params, x, grad_output = problem(net)
    np.testing.assert_array_equal(net.forward(params, x.reshape(7, 3, 2, 2))[0], net.forward(params, x)[0])
    _, cache = net.forward(params, x[:0])
    assert all(not grad.any() for grad in net.backward(params, cache, grad_output[:0]).values())


@pytest.mark.parametrize("activation", FUNCTIONS)
def test_huge_inputs_saturate_and_nan_passes_through(activation: str) -> None:
    net = NumPyMLP((1, 1, 1), activation)
    params = {"W1": np.ones((1, 1)), "b1": np.zeros(1), "W2": np.ones((1, 1)), "b2": np.zeros(1)}
    output = net.forward(params, np.array([[-1e4], [1e4], [np.nan]]))[0][:, 0]
    ends = {"relu": [0.0, 1e4], "tanh": [-1.0, 1.0], "sigmoid": [0.0, 1.0]}
    assert output[:2].tolist() == ends[activation]
    assert np.isnan(output[2])


def test_weights_come_from_the_seed_by_torchs_rule() -> None:
    net = NumPyMLP(sizes=(100, 400, 10))
    params, again = net.init(seed=3), net.init(seed=3)
    assert all(np.array_equal(params[name], again[name]) for name in params)
    assert not np.array_equal(params["W1"], net.init(seed=4)["W1"])
    torch_net = net.to_torch(params)
    for (_, fan_in), layer in zip(pairwise((0, 100, 400)), torch_net[1::2], strict=True):
        theirs = torch.nn.Linear(fan_in, layer.out_features).requires_grad_(False)
        for ours in (layer.weight, layer.bias):
            assert ours.dtype == torch.float64
            assert 0.8 / fan_in**0.5 < ours.abs().max() <= 1 / fan_in**0.5
        assert layer.weight.std().item() == pytest.approx(theirs.weight.std().item(), rel=0.05)


@dataclass(frozen=True)
class Fan:
    """Each weight is the number of neurons before it."""

    def sample(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        return np.full(shape, float(shape[1])) + 0 * rng.normal()


def test_an_initialiser_draws_the_weights() -> None:
    params = NumPyMLP(sizes=(4, 3, 2), initializer=Fan()).init(seed=0)
    assert {name: set(param.flat) for name, param in params.items()} == {"W1": {4}, "b1": {0}, "W2": {3}, "b2": {0}}
    assert params["W1"].shape == (3, 4)


def test_the_torch_twin_holds_copies() -> None:
    net = NumPyMLP(sizes=(4, 3))
    state, params = torch.get_rng_state(), net.init(seed=0)
    twin = net.to_torch(params)
    with torch.no_grad():
        twin[1].weight.zero_()
    assert params["W1"].all()
    turned = net.to_torch(dict(reversed(params.items())))  # the order of the names does not matter
    assert torch.equal(turned[1].bias, twin[1].bias)
    assert torch.equal(state, torch.get_rng_state())


@nets
def test_a_net_is_a_value(net: NumPyMLP) -> None:
    again = eval(repr(net), vars(lossbook.models))
    assert again == net == pickle.loads(pickle.dumps(net))
    assert hash(again) == hash(net)
    assert replace(net, sizes=(3, 3)) != net
    with pytest.raises(FrozenInstanceError):
        net.activation = "relu"  # type: ignore[misc]


@pytest.mark.parametrize("rule", [SGD(lr=0.5), Adam(lr=0.01)])
@pytest.mark.parametrize("activation", FUNCTIONS)
def test_it_learns_real_digits(rule: Any, activation: str) -> None:
    digits, loss = mnist_arrays(), SoftmaxCrossEntropy()
    net, x, y = NumPyMLP((784, 32, 10), activation), digits.train_images[:200] / 255, digits.train_labels[:200]
    params = net.init(seed=0)
    states = {name: rule.init(param) for name, param in params.items()}
    losses = []
    for _ in range(60):
        output, cache = net.forward(params, x)
        losses.append(float(loss.value(output, y)))
        for name, grad in net.backward(params, cache, loss.grad(output, y)).items():
            delta, states[name] = rule.update(grad, states[name], params[name])
            params[name] = params[name] + delta
    assert losses[0] == pytest.approx(np.log(10), abs=0.2)
    assert losses[-1] < 1.2
    test = net.forward(params, digits.test_images / 255)[0].argmax(axis=1)
    assert np.mean(test == digits.test_labels) > 0.65


NET = NumPyMLP(sizes=(4, 3, 2))
P, X = NET.init(seed=0), np.ones((5, 4))
CACHE = NET.forward(P, X)[1]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: NumPyMLP(sizes=(784,)), r"sizes must be a tuple of at least two numbers.*got \(784,\)"),
        (lambda: NumPyMLP(sizes=(4, 0)), r"sizes\[1\] must be at least 1, got 0"),
        (lambda: NumPyMLP(activation="relo"), "activation must be one of 'relu'.*got 'relo'. Did you mean 'relu'"),
        (lambda: NumPyMLP(initializer=Fan), r"initializer must be an object, got the class Fan: write Fan\(\)"),
        (lambda: NumPyMLP(initializer=0.1), r"initializer must have a method sample\(\), got 0.1"),
        (lambda: NET.init(seed=-1), "seed must be at least 0, got -1"),
        (lambda: NET.forward({}, X), "params must hold W1, b1, W2, b2, got nothing."),
        (lambda: NET.forward({"W1": P["W1"]}, X), "params must hold W1, b1, W2, b2, got W1."),
        (lambda: NET.forward(P | {"W1": P["W1"].T}, X), r"W1 must have shape \(3, 4\), got \(4, 3\)."),
        (lambda: NET.forward(P | {"b2": np.zeros(1)}, X), r"b2 must have shape \(2,\), got \(1,\)."),
        (lambda: NET.forward(P, np.ones((5, 3))), r"x must hold 4 values per example, got shape \(5, 3\)."),
        (lambda: NET.forward(P, np.ones(())), r"x must hold 4 values per example, got shape \(\)."),
        (lambda: NET.forward(P, X.astype(int)), "x must have a floating dtype, got int64"),
        (lambda: NET.forward(P, X.astype("float32")), "x and W1.* must have the same dtype, got x float32, W1 float64"),
        (lambda: NET.forward(P, torch.ones(5, 4)), "must come from one library, got a mixture: x is torch"),
        (lambda: NET.forward(P, [1.0]), "x must be a NumPy array or a torch tensor, got list"),
        (lambda: NET.backward(P, CACHE, np.ones((5, 1))), r"grad_output must have shape \(5, 2\), got \(5, 1\)."),
        (lambda: NET.to_torch({}), "params must hold W1, b1, W2, b2, got nothing."),
    ],
)
def test_what_does_not_fit_is_refused(make: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        make()
