"""Metrics: right on every kind of target, or refused with a line that works."""

from __future__ import annotations

import pickle
from typing import Any, ClassVar, get_type_hints

import numpy as np
import pytest
import torch

from lossbook.metrics import R2, Accuracy

libraries = pytest.mark.parametrize("make", [np.asarray, torch.as_tensor], ids=["numpy", "torch"])
metrics = pytest.mark.parametrize("metric", [Accuracy(), R2()], ids=["accuracy", "r2"])
LOGITS = np.array([[2.0, 1.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 5.0], [0.0, 3.0, 1.0]])
LABELS = np.array([0, 1, 2, 1])  # three hits of four


@metrics
def test_a_metric_is_a_value_with_a_name(metric: Any) -> None:
    assert pickle.loads(pickle.dumps(metric)) == metric == eval(repr(metric))
    assert metric.name == {"Accuracy": "accuracy", "R2": "R²"}[type(metric).__name__]
    assert get_type_hints(type(metric))["name"] == ClassVar[str]


@metrics
@libraries
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_metric_is_a_float_of_at_least_single_precision(metric: Any, make: Any, dtype: str) -> None:
    pred = make(LOGITS.astype(dtype))
    got = metric.value(pred, make(LABELS) if isinstance(metric, Accuracy) else pred)
    assert got.dtype == (pred.dtype if dtype != "float16" else make(np.zeros(1, np.float32)).dtype)
    assert float(got) == (0.75 if isinstance(metric, Accuracy) else 1.0)


@libraries
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64"])
def test_accuracy_takes_labels_of_every_integer_dtype(make: Any, dtype: str) -> None:
    assert float(Accuracy().value(make(LOGITS), make(LABELS.astype(dtype)))) == 0.75


@libraries
def test_accuracy_takes_sequences_and_distributions(make: Any) -> None:
    logits, labels = np.stack([LOGITS, LOGITS[::-1]]), np.stack([LABELS, LABELS])
    assert float(Accuracy().value(make(logits), make(labels))) == 3 / 8
    for rows in (np.eye(3)[labels], 0.5 * np.eye(3)[labels] + 0.5 / 3):
        assert float(Accuracy().value(make(logits), make(rows))) == 3 / 8


@libraries
def test_accuracy_leaves_out_what_is_ignored(make: Any) -> None:
    labels = np.array([0, -100, -100, 2])
    assert float(Accuracy(ignore_index=-100).value(make(LOGITS), make(labels))) == 0.5
    assert float(Accuracy(ignore_index=1).value(make(LOGITS), make(LABELS))) == 1.0
    assert np.isnan(float(Accuracy(ignore_index=-100).value(make(LOGITS), make(labels * 0 - 100))))
    with pytest.raises(ValueError, match=r"got -100\.\.2\. .* leave such examples out with ignore_index=-100"):
        Accuracy().value(make(LOGITS), make(labels))
    with pytest.raises(TypeError, match="ignore_index must be a whole number, got 1.0"):
        Accuracy(ignore_index=1.0)  # type: ignore[arg-type]


@libraries
@pytest.mark.parametrize(
    ("pred", "target"),
    [((4, 1), (4,)), ((4, 1), (4, 1)), ((4, 3), (4, 3)), ((4,), (4,)), ((4, 2, 3), (4, 2)), ((4, 2), (4, 2))],
)
def test_accuracy_refuses_a_regression_and_says_what_works(make: Any, pred: Any, target: Any) -> None:
    outputs, numbers = np.zeros(pred), np.linspace(-1, 1, int(np.prod(target))).reshape(target)
    with pytest.raises((TypeError, ValueError), match=r"class indices.* For a regression write metric=R2\(\)\.$"):
        Accuracy().value(make(outputs), make(numbers))


@libraries
def test_accuracy_refuses_what_is_no_class(make: Any) -> None:
    with pytest.raises(ValueError, match=r"labels must lie in 0\.\.2, since the model has 3 outputs, got 0\.\.3"):
        Accuracy().value(make(LOGITS), make(np.array([0, 1, 2, 3])))
    with pytest.raises(ValueError, match=r"labels must lie in 0\.\.0, since the model has 1 output, got 0\.\.1"):
        Accuracy().value(make(LOGITS[:, :1]), make(np.array([0, 1, 0, 1])))
    with pytest.raises(TypeError, match="target must have an integer dtype, got .*bool"):
        Accuracy().value(make(LOGITS), make(LABELS > 1))
    with pytest.raises(ValueError, match="one class index per row of logits"):
        Accuracy().value(make(LOGITS), make(LABELS[:, None]))
    for rows in (np.zeros((0, 3)), np.zeros(0, dtype=int)):
        with pytest.raises(ValueError, match="logits must hold at least one element"):
            Accuracy().value(make(np.zeros((0, 3))), make(rows))


@libraries
def test_r2_is_worked_out_by_hand(make: Any) -> None:
    pred, target = np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 3.0])
    assert float(R2().value(make(pred), make(target))) == 0.5  # 1 - 1/2
    for dtype in (int, np.uint8, np.float32):
        assert float(R2().value(make(pred), make(target.astype(dtype)))) == 0.5
    assert float(R2().value(make(pred[:, None]), make(np.array([[2], [1], [0]], dtype=np.uint8)))) == 1 - 18 / 2


@libraries
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("constant", [0.0, 0.1, 14.62, -1e6])
def test_r2_of_a_constant_target_is_nan_if_perfect_and_else_minus_infinity(
    make: Any, dtype: str, constant: float
) -> None:
    target = np.full(1001, constant, dtype=dtype)  # its rounded mean is another number
    wrong = target.copy()
    wrong[0] += 1
    assert np.isnan(float(R2().value(make(target), make(target))))
    assert float(R2().value(make(wrong), make(target))) == -np.inf


@libraries
def test_r2_refuses_what_does_not_fit(make: Any) -> None:
    with pytest.raises(ValueError, match=r"same shape, got pred \(3, 1\), target \(3,\)"):
        R2().value(make(np.zeros((3, 1))), make(np.zeros(3)))
    with pytest.raises(TypeError, match="pred must have a floating dtype, got"):
        R2().value(make(np.arange(3)), make(np.zeros(3)))
    assert np.isnan(float(R2().value(make(np.array([np.nan, 1.0])), make(np.array([0.0, 1.0])))))
