"""The user's own data, in every usual form: taken with the right numbers, or refused by name."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lossbook import Experiment, run
from lossbook.data import Arrays, Corrupted, Digits, Split, flip
from lossbook.data.arrays import as_array, as_split
from lossbook.losses import SoftmaxCrossEntropy
from lossbook.models import MLP, NumPyMLP
from lossbook.optim import SGD

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(80, 4)).astype("float32"), RNG.integers(0, 3, 80)


@dataclass(frozen=True, eq=False)
class Mine:
    """A user's data object."""

    given: Any

    def load(self) -> Any:
        return self.given


BASE = Experiment(Mine(Split(X, Y, X, Y)), MLP((4, 3)), SoftmaxCrossEntropy(), SGD(lr=0.1), steps=3, device="cpu")


class Table:
    """An object with ``__array__`` that is no array, as a table of pandas."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return self.values


def read_only(values: np.ndarray) -> np.ndarray:
    values = values.copy()
    values.setflags(write=False)
    return values


#: name -> the same numbers in another form
FORMS = {
    "as they are": lambda a: a,
    "torch": torch.as_tensor,
    "trained tensor": lambda a: torch.as_tensor(a).requires_grad_(a.dtype.kind == "f"),
    "list": lambda a: a.tolist(),
    "list of arrays": list,
    "list of tensors": lambda a: [torch.as_tensor(row) for row in a],
    "tuple": lambda a: tuple(a.tolist()),
    "table": Table,
    "read only": read_only,
    "reversed": lambda a: a[::-1].copy()[::-1],
    "every other": lambda a: np.repeat(a, 2, axis=0)[::2],
    "transposed": lambda a: a.T.copy().T,
    "big-endian": lambda a: a.astype(a.dtype.newbyteorder(">")),
    "wide": lambda a: a.astype("float64" if a.dtype.kind == "f" else "int64"),
    "longest": lambda a: a.astype("longdouble" if a.dtype.kind == "f" else "uint64"),
    "small integers": lambda a: a if a.dtype.kind == "f" else a.astype("uint8"),
    "masked, none of it": lambda a: np.ma.masked_array(a, mask=False),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS.keys())
@pytest.mark.parametrize("model", [MLP((4, 3)), NumPyMLP((4, 3))], ids=["torch", "numpy"])
def test_a_usual_form_gives_the_same_history(form: Any, model: Any) -> None:
    given = Split(*(form(array) for array in (X, Y, X[:9], Y[:9])))
    experiment = replace(BASE, model=model)
    plain = run(replace(experiment, data=Mine(Split(X, Y, X[:9], Y[:9]))))
    assert run(replace(experiment, data=Mine(given))) == plain
    assert run(replace(experiment, data=Mine(tuple(given[:4])))) == plain
    assert run(replace(experiment, data=tuple(given[:4]))) == plain


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_widened_without_loss(dtype: str) -> None:
    half = torch.as_tensor(X).to(getattr(torch, dtype))
    np.testing.assert_array_equal(as_array("train_x", half), half.float().numpy())
    assert as_array("train_x", half).dtype == np.float32


@given(
    hnp.arrays(
        st.one_of(hnp.integer_dtypes(), hnp.floating_dtypes(), hnp.unsigned_integer_dtypes()),
        hnp.array_shapes(min_dims=1, max_dims=3),
    ),
    st.booleans(),
)
def test_every_dtype_and_layout_of_numbers_is_read_exactly(array: np.ndarray, backwards: bool) -> None:
    array = array[::-1] if backwards else array
    if array.dtype.kind == "u" and array.max() > np.iinfo(np.int64).max:
        with pytest.raises(ValueError, match="train_y must hold integers that fit into int64"):
            as_array("train_y", array)
        return
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        return  # a long double has more digits than a double
    taken = as_array("train_y", array)
    np.testing.assert_array_equal(taken, array)
    assert taken.flags.c_contiguous
    assert taken.flags.writeable
    assert taken.dtype in (np.int64, np.float32, np.float64)
    assert not np.shares_memory(taken, array)
    torch.from_numpy(taken)  # it can read it


REFUSED = {  # name -> (what load gives, the words of the sentence)
    "bytes": (
        Split((X * 9).astype("uint8"), Y, X, Y),
        r"train_x must not be bytes .* write x.astype\('float32'\) / 255",
    ),
    "bytes of torch": (
        Split(X, Y, torch.ones(9, 4, dtype=torch.uint8), Y[:9]),
        r"val_x must not be .* x.float\(\) / 255",
    ),
    "no held-out example": (Split(X, Y, X[:0], Y[:0]), r"val_x must hold at least one example, got shape \(0, 4\)"),
    "no training example": (Split(X[:0], Y[:0], X, Y), r"train_x must hold at least one example, got shape \(0, 4\)"),
    "no feature": (Split(X[:, :0], Y, X, Y), r"train_x must hold at least one example, got shape \(80, 0\)"),
    "fewer inputs": (Split(X[:60], Y, X, Y), "train_x and train_y must hold the same number of examples, got 60"),
    "fewer targets": (Split(X, Y, X, Y[:60]), "val_x and val_y must hold the same number of examples, got 80 and 60"),
    "strings": (Split(X, Y.astype(str), X, Y), r"train_y must hold numbers, got dtype <U.*: class labels are 0..K-1"),
    "objects": (Split(X.astype(object), Y, X, Y), r"train_x must hold numbers, got dtype object: write x.astype"),
    "yes and no": (
        Split(X, Y > 0, X, Y),
        r"train_y must hold numbers, got dtype bool: write y.astype\('float32'\), or y",
    ),
    "complex": (Split(X, Y, X + 1j, Y), "val_x must hold numbers, got dtype complex"),
    "dates": (Split(X, Y.astype("M8[D]"), X, Y), "train_y must hold numbers, got dtype datetime"),
    "one number": (
        Split(X, 3, X, Y),
        "train_y must have a first axis with one entry per example, got the number 3",
    ),
    "ragged": (Split([[1.0], [1.0, 2.0]], Y[:2], X, Y), "train_x must be an array of numbers, got .* inhomogeneous"),
    "masked": (Split(np.ma.masked_less(X, 0), Y, X, Y), r"train_x must have no masked numbers.* write x.filled"),
    "nothing": (None, "load.. must give lossbook.data.Split.* got None"),
    "a field left out": (Split(X, Y, X, None), "val_y must be an array, got None"),
    "a generator": (Split((row for row in X), Y, X, Y), "train_x must be an array of numbers, got <generator"),
    "two arrays": ((X, Y), r"load.. must give lossbook.data.Split\(train_x, train_y, val_x, val_y\), got tuple of 2"),
    "a dict": ({"x": X}, "load.. must give lossbook.data.Split.* got {'x'"),
    "inputs to refer to, alone": (Split(X, Y, X, Y, X), "ref_x and ref_y must both be given, or neither"),
    "targets to refer to, alone": (Split(X, Y, X, Y, None, Y), "ref_x and ref_y must both be given, or neither"),
    "nan": (Split(X, Y, np.where(X > 2, np.nan, X), Y), "val_x must be finite, got nan at index"),
    "too large for single precision": (
        Split(X.astype(float) * 1e300, Y, X, Y),
        "train_x must be finite, got -?inf at index",
    ),
    "floating classes": (
        Split(X, Y, X, Y.astype(float)),
        r"val_y must have an integer dtype .* write y.astype\('int64'\)",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("model", [MLP((4, 3)), NumPyMLP((4, 3))], ids=["torch", "numpy"])
def test_what_cannot_be_taken_is_refused_before_the_first_step_by_its_name(name: str, model: Any) -> None:
    loaded, words = REFUSED[name]
    with pytest.raises((TypeError, ValueError), match=words) as caught:
        run(replace(BASE, data=Mine(loaded), model=model))
    assert "\n" not in str(caught.value)


def test_a_run_changes_none_of_the_arrays_that_it_is_given() -> None:
    class InPlace(MLP):
        def build(self) -> torch.nn.Module:
            class Shift(torch.nn.Module):
                def forward(self, x: torch.Tensor) -> torch.Tensor:
                    return x.mul_(0.5)

            return torch.nn.Sequential(Shift(), *super().build())

    kept = X.copy(), Y.copy()
    run(replace(BASE, model=InPlace((4, 3))))
    run(replace(BASE, model=InPlace((4, 3)), dtype="float64", data=Mine(Split(*[X.astype(float), Y] * 2))))
    np.testing.assert_array_equal(X, kept[0])
    np.testing.assert_array_equal(Y, kept[1])


def test_integers_stay_integers() -> None:
    split = as_split((Y.astype("int16")[:, None], Y, Y[:, None], Y))
    assert {array.dtype for array in split if array is not None} == {np.dtype("int64")}


def test_flipped_images_can_be_trained_on_and_are_no_view_of_the_others() -> None:
    x = X.reshape(80, 1, 2, 2)
    flipped = flip(x)
    assert not np.shares_memory(x, flipped)
    history = run(replace(BASE, data=Mine(Split(flipped, Y, flip(x, "vertical"), Y))))
    assert len(history.loss) == 3


def test_arrays_are_a_value() -> None:
    x, y = X.copy(), Y.copy()
    one, two = Arrays(x, y, x[:9], y[:9]), Arrays(X.tolist(), torch.as_tensor(Y), x[:9].astype("f8"), y[:9])
    x[:], y[:] = 0, 0  # later changes to the arrays have no effect
    np.testing.assert_array_equal(one.load().train_x, X)
    one.load().train_x[:] = 0
    np.testing.assert_array_equal(one.load().train_x, X)
    assert one == Arrays(X, Y, X[:9], Y[:9]) == pickle.loads(pickle.dumps(one))
    assert hash(one) == hash(pickle.loads(pickle.dumps(one)))
    assert one != two  # of double precision
    assert one != Arrays(X + 1, Y, X[:9], Y[:9])
    assert replace(BASE, data=(X, Y, X[:9], Y[:9])).data == one
    assert replace(BASE, data=Split(X, Y, X[:9], Y[:9])).data == one
    assert replace(BASE, data=((X, Y), (X[:9], Y[:9]))).data == one
    assert repr(one).count("\n") == 0
    with pytest.raises(ValueError, match="read-only"):
        one.train_x[:] = 0


def test_arrays_may_be_spoilt_like_any_data() -> None:
    from lossbook.data.corruptions import LabelNoise

    spoilt = Corrupted(Arrays(X, Y, X, Y), LabelNoise(share=0.5, classes=3)).load()
    assert (spoilt.train_y != Y).sum() == 40
    np.testing.assert_array_equal(spoilt.ref_y, Y)


def test_digits_come_as_they_were_and_nobody_changes_them_for_others() -> None:
    first = Digits(train_size=50).load()
    kept = [array.copy() for array in first[:4]]
    for array in first[:4]:
        array[:] = 0
    for array, again in zip(kept, Digits(train_size=50).load()[:4], strict=True):
        np.testing.assert_array_equal(array, again)
