"""One contract for every row of INITIALIZERS, with torch's own beside it."""

from __future__ import annotations

import math
import pickle
from dataclasses import FrozenInstanceError, fields
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils import prune

import lossbook.initializers
from lossbook.initializers import (
    INITIALIZERS,
    Constant,
    He,
    Normal,
    Orthogonal,
    Uniform,
    Xavier,
    Zeros,
    fan,
    initialize,
)

rows = pytest.mark.parametrize("initializer", INITIALIZERS.values(), ids=INITIALIZERS.keys())
SHAPES = [(10, 784), (784, 10), (1, 2), (64, 32, 3, 3), (8, 3, 5), (4, 2, 3, 1, 2)]
BIG = [(300, 200), (60, 40, 5, 5)]  # 60,000 values: the standard deviation is good to 0.3 %

# initialiser, and its standard deviation as a function of fan-in and fan-out, each from its paper or by hand
STDS = [
    (Normal(std=0.3), lambda i, o: 0.3),
    (Uniform(bound=0.3), lambda i, o: 0.3 / math.sqrt(3)),
    *((Xavier(distribution=d), lambda i, o: math.sqrt(2 / (i + o))) for d in ("uniform", "normal")),
    (Xavier(gain=5 / 3), lambda i, o: 5 / 3 * math.sqrt(2 / (i + o))),
    *((He(distribution=d), lambda i, o: math.sqrt(2 / i)) for d in ("uniform", "normal")),
    *((He(mode="fan_out", distribution=d), lambda i, o: math.sqrt(2 / o)) for d in ("uniform", "normal")),
    (He(negative_slope=0.5), lambda i, o: math.sqrt(1.6 / i)),
    (He(negative_slope=math.sqrt(5), distribution="uniform"), lambda i, o: math.sqrt(1 / (3 * i))),
]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def theirs(initializer: Any, shape: tuple[int, ...]) -> np.ndarray:
    """The values that torch's own function fills in."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        tensor = torch.full(shape, 7.0, dtype=torch.float64)
        initializer.to_torch()(tensor)
    return tensor.numpy()


@rows
@pytest.mark.parametrize("shape", SHAPES)
def test_a_sample_is_a_float64_array_that_the_rng_alone_decides(initializer: Any, shape: tuple[int, ...]) -> None:
    first, again, other = (initializer.sample(shape, rng(seed)) for seed in (0, 0, 1))
    assert type(first) is np.ndarray
    assert first.dtype == np.float64
    assert first.shape == shape
    np.testing.assert_array_equal(first, again)
    drawn = not isinstance(initializer, (Zeros, Constant))
    assert np.array_equal(first, other) is not drawn
    first[...] = 7.0  # no other object shares this array
    np.testing.assert_array_equal(initializer.sample(shape, rng()), again)


@pytest.mark.parametrize("shape", SHAPES)
def test_fan_is_exactly_torchs(shape: tuple[int, ...]) -> None:
    assert fan(shape) == nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))


@pytest.mark.parametrize(("initializer", "std"), STDS, ids=[str(row[0]) for row in STDS])
@pytest.mark.parametrize("shape", BIG, ids=str)
def test_mean_and_standard_deviation_are_the_formulas_and_torchs(initializer: Any, std: Any, shape: Any) -> None:
    expected, n = std(*nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))), math.prod(shape)
    for sample in (initializer.sample(shape, rng()), theirs(initializer, shape)):
        assert abs(sample.mean()) <= 4 * expected / math.sqrt(n)  # four standard errors
        assert abs(sample.std() / expected - 1) <= 4 / math.sqrt(2 * n)
        if isinstance(initializer, Uniform) or getattr(initializer, "distribution", "") == "uniform":
            assert 0.999 <= np.abs(sample).max() / (math.sqrt(3) * expected) <= 1  # the bound is reached, never passed
        else:
            share = (np.abs(sample) > 2 * expected).mean()
            assert abs(share - 0.0455) <= 4 * math.sqrt(0.0455 / n)  # as the normal law says


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (8, 2, 2, 2), (3, 2, 5)], ids=str)
@pytest.mark.parametrize("gain", [1.0, 1.5])
def test_orthogonal_rows_or_columns(shape: tuple[int, ...], gain: float) -> None:
    for sample in (Orthogonal(gain).sample(shape, rng()), theirs(Orthogonal(gain), shape)):
        matrix = sample.reshape(shape[0], -1)
        height, width = matrix.shape
        gram = matrix @ matrix.T if height <= width else matrix.T @ matrix
        np.testing.assert_allclose(gram, gain**2 * np.eye(min(height, width)), atol=1e-14)


def test_every_orthogonal_matrix_is_as_likely() -> None:
    """Without the signs of R, LAPACK's Q would have a diagonal that is mostly negative."""
    generator = rng()
    corners = np.array([Orthogonal().sample((2, 2), generator)[0, 0] for _ in range(2000)])
    assert abs(corners.mean()) <= 4 * math.sqrt(0.5 / 2000)  # mean 0 and variance 1/2, as a cosine has
    assert abs((corners > 0).mean() - 0.5) <= 4 * math.sqrt(0.25 / 2000)


@pytest.mark.parametrize(("initializer", "value"), [(Zeros(), 0.0), (Constant(-0.3), -0.3), (Constant(2), 2.0)])
def test_the_same_value_everywhere(initializer: Any, value: float) -> None:
    for sample in (initializer.sample((3, 2), rng()), theirs(initializer, (3, 2))):
        assert sample.tolist() == [[value, value]] * 3


@rows
def test_an_initializer_is_a_value(initializer: Any) -> None:
    again = eval(repr(initializer), vars(lossbook.initializers))
    assert again == initializer == pickle.loads(pickle.dumps(initializer))
    assert hash(again) == hash(initializer)
    for field in fields(initializer):
        with pytest.raises(FrozenInstanceError):
            setattr(initializer, field.name, 1)


class Model(nn.Module):
    """A layer of every kind that is filled, and of some that are not."""

    def __init__(self) -> None:
        super().__init__()
        self.filled = nn.ModuleList([nn.Linear(5, 4), nn.Conv1d(4, 3, 2), nn.Conv2d(4, 3, 2), nn.Conv3d(4, 3, 2)])
        self.bare = nn.Sequential(nn.Linear(3, 2, bias=False))
        self.kept = nn.ModuleList([nn.BatchNorm2d(3), nn.Embedding(4, 2), nn.ConvTranspose2d(2, 3, 2)])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_module_is_filled_layer_by_layer(dtype: torch.dtype) -> None:
    model, generator = Model().to(dtype), rng()
    kept = [param.detach().clone() for param in model.kept.parameters()]
    initialize(model, He(), rng())
    for layer in (*model.filled, model.bare[0]):
        expected = torch.tensor(He().sample(tuple(layer.weight.shape), generator), dtype=dtype)
        assert torch.equal(layer.weight, expected)
        assert layer.weight.dtype == dtype
        assert layer.weight.requires_grad
        assert layer.bias is None or not layer.bias.any()
    for param, before in zip(model.kept.parameters(), kept, strict=True):
        assert torch.equal(param, before)


def test_a_module_anywhere_is_filled() -> None:
    initialize(nn.Linear(3, 2, device="meta"), He(), rng())


@pytest.mark.filterwarnings("ignore")  # the older ones are deprecated
@pytest.mark.parametrize(
    "wrap",
    [
        nn.utils.parametrizations.weight_norm,
        nn.utils.parametrizations.spectral_norm,
        nn.utils.parametrizations.orthogonal,
        nn.utils.weight_norm,
        nn.utils.spectral_norm,
        lambda layer: prune.random_unstructured(layer, "weight", 0.5),
        lambda layer: prune.l1_unstructured(layer, "bias", 0.5),
    ],
    ids=["weight_norm", "spectral_norm", "orthogonal", "old weight_norm", "old spectral_norm", "prune", "prune bias"],
)
def test_a_layer_whose_weight_is_computed_is_refused_by_name_and_nothing_is_drawn(wrap: Any) -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Sequential(nn.ReLU(), wrap(nn.Linear(4, 4))))
    before, generator = [param.detach().clone() for param in model.parameters()], rng()
    with pytest.raises(ValueError, match=r"1\.1 must have its (weight|bias) as a parameter, got one that is computed"):
        initialize(model, He(), generator)
    assert all(map(torch.equal, before, model.parameters()))
    assert generator.random() == rng().random()


@pytest.mark.filterwarnings("ignore")
def test_the_way_on_is_to_initialize_first() -> None:
    layer = nn.Linear(4, 3)
    initialize(layer, Orthogonal(), rng())
    expected = layer.weight.detach().clone()
    torch.testing.assert_close(nn.utils.parametrizations.weight_norm(layer).weight, expected)


def test_a_layer_without_a_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="0 must have a weight with a shape, got LazyLinear before its first call"):
        initialize(nn.Sequential(nn.LazyLinear(3)), He(), rng())


def test_a_shared_weight_is_drawn_once() -> None:
    first, second, third = (nn.Linear(3, 3) for _ in range(3))
    second.weight = first.weight
    generator = rng()
    initialize(nn.Sequential(first, second, third), He(), generator)
    draws = rng()
    for layer in (first, third):
        assert torch.equal(layer.weight, torch.tensor(He().sample((3, 3), draws), dtype=torch.float32))
    assert generator.random() == draws.random()


def test_equal_weights_keep_the_neurons_of_a_layer_alike() -> None:
    """Why a weight must not be constant: every row of the hidden layer gets the same gradient."""
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    initialize(model, Constant(0.1), rng())
    model(torch.ones(2, 3)).sum().backward()
    grad = model[0].weight.grad
    assert isinstance(grad, torch.Tensor)
    assert grad.any()
    assert torch.equal(grad, grad[:1].expand(4, 3))


@rows
@pytest.mark.parametrize(
    ("shape", "generator", "words"),
    [
        ([3, 2], rng(), r"shape must be a tuple of at least one whole number, got \[3, 2\]."),
        ((), rng(), r"shape must be a tuple of at least one whole number, got \(\)."),
        ((3, 0), rng(), r"shape\[1\] must be at least 1, got 0."),
        ((3.0, 2), rng(), r"shape\[0\] must be a whole number, got 3.0 of type float."),
        ((3, 2), 0, r"rng must have a method random\(\), got 0."),
    ],
)
def test_a_sample_needs_a_shape_and_an_rng(initializer: Any, shape: Any, generator: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{words}"):
        initializer.sample(shape, generator)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Constant(math.nan), r"value must lie in \(-inf, inf\), got nan."),
        (lambda: Normal(std=-1.0), r"std must lie in \[0, inf\), got -1.0."),
        (lambda: Uniform(bound=math.inf), r"bound must lie in \[0, inf\), got inf."),
        (lambda: Xavier(gain=0.0), r"gain must lie in \(0, inf\), got 0.0."),
        (lambda: Xavier(distribution="gauss"), "distribution must be one of 'normal', 'uniform', got 'gauss'."),
        (lambda: He(mode="fan-in"), "mode must be one of 'fan_in', 'fan_out', got 'fan-in'. Did you mean 'fan_in'?"),
        (lambda: He(negative_slope="0"), "negative_slope must be a Python number, got '0' of type str."),  # type: ignore[arg-type]
        (lambda: He(distribution=None), "distribution must be one of 'normal', 'uniform', got None."),  # type: ignore[arg-type]
        (lambda: Orthogonal(gain=-1.0), r"gain must lie in \(0, inf\), got -1.0."),
        *(
            (make, r"shape must have at least 2 axes, outputs and inputs, got \(3,\).")
            for make in (
                lambda: fan((3,)),
                lambda: Xavier().sample((3,), rng()),
                lambda: He().sample((3,), rng()),
                lambda: Orthogonal().sample((3,), rng()),
            )
        ),
        (
            lambda: initialize(nn.ReLU(), He(), rng()),
            r"module must hold at least one of Linear, .*Conv3d, got ReLU\(\).",
        ),
        (lambda: initialize(3, He(), rng()), r"module must have a method modules\(\), got 3."),
        (
            lambda: initialize(nn.Linear(2, 2), He, rng()),
            r"initializer must be an object, got the class He: write He\(\).",
        ),
    ],
)
def test_what_does_not_fit_is_refused(make: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=f"^{words}"):
        make()


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="module 'lossbook.initializers' has no attribute 'initialise'"):
        _ = lossbook.initializers.initialise
