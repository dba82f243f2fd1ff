"""One contract for every row of PREPROCESSORS, fitted or not; then the numbers, against torch, NumPy and by hand."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, fields
from typing import Any

import numpy as np
import pytest
import torch
from torchvision.transforms import v2

from lossbook.data import mnist_arrays, preprocessing
from lossbook.data.missing import STRATEGIES, Impute, missing_share
from lossbook.data.preprocessing import PREPROCESSORS, MinMax, Standardize

rows = pytest.mark.parametrize("step", PREPROCESSORS.values(), ids=PREPROCESSORS.keys())
scalers = pytest.mark.parametrize("scaler", [Standardize, MinMax])
axes = pytest.mark.parametrize("axis", [0, None])
NAN = np.nan


def data(dtype: str = "float64", shape: tuple[int, ...] = (40, 2, 3)) -> np.ndarray:
    rng = np.random.default_rng(0)
    return (rng.normal(size=shape) * rng.uniform(1, 50, size=shape[1:]) + 7).astype(dtype)


@rows
@axes
def test_a_step_is_a_value_fitted_or_not(step: Any, axis: int | None) -> None:
    for one in (step, step.fit(data(), axis=axis)):
        again = eval(repr(one), vars(preprocessing))
        assert again == one == pickle.loads(pickle.dumps(one))
        assert hash(again) == hash(one)
        for item in fields(one):
            assert type(getattr(one, item.name)) in (float, tuple)
            with pytest.raises(FrozenInstanceError):
                setattr(one, item.name, 1.0)
    assert step.fit(data(), axis=axis) != step


@rows
@axes
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_arrays_and_tensors_give_the_same_in_their_own_dtype_and_stay(step: Any, axis: int | None, dtype: str) -> None:
    train, x = data(dtype), data(dtype)[:5] + 1
    kept = train.copy(), x.copy()
    ours, theirs = step.fit(train, axis=axis), step.fit(torch.tensor(train), axis=axis)
    for item in fields(step):
        np.testing.assert_allclose(getattr(ours, item.name), getattr(theirs, item.name), rtol=1e-14)
    for method in ("transform", "inverse") if hasattr(step, "inverse") else ("transform",):
        array, tensor = getattr(ours, method)(x), getattr(theirs, method)(torch.tensor(x))
        assert array.shape == tuple(tensor.shape) == x.shape
        assert array.dtype == x.dtype
        assert tensor.dtype == torch.tensor(x).dtype
        np.testing.assert_allclose(array, tensor, rtol=1e-5 if dtype == "float32" else 1e-12)
    np.testing.assert_array_equal(train, kept[0])
    np.testing.assert_array_equal(x, kept[1])


@rows
def test_what_does_not_fit_is_refused(step: Any) -> None:
    with pytest.raises(TypeError, match="train must be a NumPy array or a torch tensor, got list"):
        step.fit([1.0, 2.0])
    with pytest.raises(TypeError, match="train must have a floating dtype, got uint8"):
        step.fit(data().astype(np.uint8))
    with pytest.raises(ValueError, match=r"train must hold at least one element, got shape \(0, 2, 3\)"):
        step.fit(data()[:0])
    for axis in (1, True):
        with pytest.raises(ValueError, match=r"axis must be 0 \(each feature separately\) or None .*, got"):
            step.fit(data(), axis=axis)
    with pytest.raises(TypeError, match="x must have a floating dtype, got int64"):
        step.transform(np.array([1, 2]))
    with pytest.raises(ValueError, match=r"x must have 6 features, as in fit\(\), got shape \(5, 3\)"):
        step.fit(data()).transform(data(shape=(5, 3)))
    with pytest.raises(
        ValueError, match=r"train must be finite, got NaN or infinity in column 1|value\[1\] .* got inf"
    ):
        step.fit(np.array([[3.0, np.inf], [2.0, 1.0]]))


@scalers
@axes
def test_inverse_undoes_transform(scaler: Any, axis: int | None) -> None:
    fitted, x = scaler.fit(data(), axis=axis), data()[::-1] * 3
    np.testing.assert_allclose(fitted.inverse(fitted.transform(x)), x, rtol=1e-12, atol=1e-12)


@axes
def test_standardized_data_have_mean_0_and_deviation_1_as_torch_measures_them(axis: int | None) -> None:
    x = torch.tensor(data())
    z = Standardize.fit(x, axis=axis).transform(x)
    dims = (0,) if axis == 0 else (0, 1, 2)
    torch.testing.assert_close(z.mean(dims), torch.zeros_like(z.mean(dims)), rtol=0, atol=1e-12)
    torch.testing.assert_close(z.std(dims, correction=0), torch.ones_like(z.mean(dims)), rtol=0, atol=1e-12)
    theirs = (x - x.mean(dims)) / x.std(dims, correction=0)
    torch.testing.assert_close(z, theirs, rtol=0, atol=1e-12)


@axes
def test_min_max_fills_the_interval(axis: int | None) -> None:
    x = data("float32")
    z = MinMax.fit(x, axis=axis).transform(x)
    assert np.all(z.min(axis=axis) == 0)
    assert np.all(z.max(axis=axis) == 1)


def test_torchvisions_normalize_is_the_twin() -> None:
    images = data(shape=(6, 1, 4, 4))
    fitted = Standardize.fit(images, axis=None)
    theirs = fitted.to_torch()
    assert isinstance(theirs, v2.Normalize)
    np.testing.assert_allclose(fitted.transform(images), theirs(torch.tensor(images)), rtol=0, atol=1e-12)
    with pytest.raises(ValueError, match="Normalize takes one mean for all pixels, got 16 of them"):
        Standardize.fit(images).to_torch()


@scalers
def test_a_constant_feature_is_named_unless_it_may_stay(scaler: Any) -> None:
    x = data("float32", shape=(999, 3))
    x[:, 1] = 0.1  # the mean of 999 of them is not 0.1 in float32: a computed deviation would not be 0
    with pytest.raises(
        ValueError, match=r'vary in every feature, got 0\.1\d* throughout column 1; constant="keep" lets'
    ):
        scaler.fit(x)
    z = scaler.fit(x, constant="keep").transform(x)
    np.testing.assert_allclose(z[:, 1], 0, atol=1e-7)
    np.testing.assert_array_equal(z[:, [0, 2]], scaler.fit(x[:, [0, 2]]).transform(x[:, [0, 2]]))
    with pytest.raises(ValueError, match="throughout column 0"):
        scaler.fit(np.ones(5), axis=None)
    with pytest.raises(ValueError, match="train must be finite, got NaN or infinity in column 2"):
        scaler.fit(np.array([[1.0, 2.0, NAN], [2.0, 3.0, 1.0]]))
    with pytest.raises(ValueError, match="constant must be one of 'raise', 'keep', got 'kep'. Did you mean 'keep'"):
        scaler.fit(x, constant="kep")


def test_digits_on_one_scale_learnt_from_the_training_part() -> None:
    arrays = mnist_arrays()
    train, test = (images[:500, None].astype(np.float32) / 255 for images in (arrays.train_images, arrays.test_images))
    whole = Standardize.fit(train, axis=None)
    assert whole.transform(train).mean() == pytest.approx(0, abs=1e-5)
    assert whole.transform(test).mean() != pytest.approx(0, abs=1e-4)  # the test part keeps the difference
    with pytest.raises(ValueError, match=r"got 0\.0 throughout column 0"):  # the corner pixel is always black
        Standardize.fit(train)
    assert np.isfinite(Standardize.fit(train, constant="keep").transform(test)).all()


@axes
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("n", [7, 8])
@pytest.mark.parametrize("make", [np.asarray, torch.tensor], ids=["numpy", "torch"])
def test_imputed_numbers_are_numpys(strategy: str, axis: int | None, n: int, make: Any) -> None:
    x = data(shape=(n, 3))
    x[[0, 2, 3, 5], [1, 1, 2, 1]] = NAN
    expected = (np.nanmean if strategy == "mean" else np.nanmedian)(x, axis=axis)
    fitted = Impute.fit(make(x), strategy, axis=axis)
    np.testing.assert_allclose(fitted.value, expected, rtol=1e-14)
    full = np.asarray(fitted.transform(make(x)))
    there = ~np.isnan(x)
    np.testing.assert_array_equal(full[there], x[there])
    np.testing.assert_allclose(full[~there], np.broadcast_to(expected, x.shape)[~there], rtol=1e-14)


def test_missing_values_by_hand() -> None:
    x = np.array([[1.0, NAN], [NAN, NAN], [4.0, 8.0], [NAN, NAN]])
    assert missing_share(x) == 5 / 8
    assert missing_share(torch.tensor(x), axis=0) == (0.5, 0.75)
    assert Impute.fit(x) == Impute(value=(2.5, 8.0))
    assert Impute(-1.0).transform(x).tolist() == [[1.0, -1.0], [-1.0, -1.0], [4.0, 8.0], [-1.0, -1.0]]
    with pytest.raises(ValueError, match="train must hold a number in every feature, got only NaN in column 1"):
        Impute.fit(x[:2])
    with pytest.raises(ValueError, match="strategy must be one of 'mean', 'median', got 'meen'. Did you mean 'mean'"):
        Impute.fit(x, "meen")


def test_numbers_worked_out_by_hand() -> None:
    x = np.array([[1.0, 10.0], [3.0, 50.0]])
    assert Standardize.fit(x) == Standardize(mean=(2.0, 30.0), std=(1.0, 20.0))
    assert Standardize.fit(x, axis=None).mean == 16.0
    assert MinMax.fit(x) == MinMax(low=(1.0, 10.0), high=(3.0, 50.0))
    assert MinMax.fit(x, axis=None).transform(np.array([[30.4]])).tolist() == [[0.6]]
    assert Standardize(mean=2.0, std=4.0).inverse(np.array([0.5])).tolist() == [4.0]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Standardize(std=0.0), r"std must lie in \(0, inf\), got 0.0"),
        (lambda: Standardize((0.0, 0.0), (1.0, -1.0)), r"std\[1\] must lie in \(0, inf\), got -1.0"),
        (lambda: Standardize((0.0, NAN), (1.0, 1.0)), r"mean\[1\] must lie in \(-inf, inf\), got nan"),
        (lambda: Standardize((0.0, 0.0), (1.0,)), "mean and std must hold the same number .* got mean 2, std 1"),
        (lambda: Standardize((0.0,), 1.0), "got mean 1, std one"),
        (lambda: Standardize(mean=[0.0]), r"mean must be a Python number, got \[0.0\] of type list"),  # type: ignore[arg-type]
        (lambda: MinMax(2.0, 2.0), "high must be above low, got low 2.0 and high 2.0"),
        (lambda: MinMax((0.0, 5.0), (1.0, 4.0)), "high must be above low, got low 5.0 and high 4.0"),
        (lambda: MinMax((0.0,), 1.0), "low and high must hold the same number of numbers, got low 1, high one"),
        (lambda: MinMax(high=np.inf), r"high must lie in \(-inf, inf\), got inf"),
        (lambda: Impute(NAN), r"value must lie in \(-inf, inf\), got nan"),
        (lambda: Impute("0"), "value must be a Python number, got '0' of type str"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_bad_knobs_are_refused(make: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        make()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize(
    "fitted", [Standardize(1000.0, 1e-6), Standardize(1e5, 1e5), MinMax(0.0, 1e-8), MinMax(-4e4, 4e4)]
)
def test_half_precision_is_computed_in_float32_and_rounded_once(dtype: str, fitted: Any) -> None:
    x = torch.tensor([[1000.0], [999.5], [0.0]]).to(getattr(torch, dtype))
    with np.errstate(over="ignore"):
        exact = fitted.transform(x.double()).to(x.dtype)
    assert fitted.transform(x).dtype == x.dtype
    torch.testing.assert_close(fitted.transform(x), exact, rtol=0.01, atol=1e-3, equal_nan=True)
    assert not fitted.transform(x).isnan().any()


@pytest.mark.parametrize("library", [np.asarray, torch.tensor])
def test_a_narrow_interval_far_from_0_keeps_its_width_in_single_precision(library: Any) -> None:
    scale = MinMax(1e8, 1e8 + 1)  # both ends are one number in float32
    x = library(np.array([[1e8], [1e8 + 8]], dtype="float32"))
    assert scale.transform(x).tolist() == [[0.0], [8.0]]
    assert scale.inverse(library(np.array([[8.0]], dtype="float32"))).tolist() == [[1e8 + 8]]
