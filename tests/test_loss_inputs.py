"""What a loss takes and what it refuses: dtypes, labels, ignored examples, weights of positives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import Any, ClassVar, get_type_hints

import numpy as np
import pytest
import torch

from lossbook import Experiment, run, sweep
from lossbook.data import Digits, Pool, Split
from lossbook.losses import LOSSES, MSE, NLL, BinaryCrossEntropy, MultiClassHinge, SoftmaxCrossEntropy
from lossbook.losses import expected_initial_loss as at_the_start
from lossbook.losses.base import ElementLoss
from lossbook.losses.class_loss import ClassLoss, is_distribution
from lossbook.models import MLP
from lossbook.optim import SGD

rows = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
of_classes = pytest.mark.parametrize(
    "loss",
    [*(loss for loss in LOSSES.values() if isinstance(loss, ClassLoss)), NLL(weights=(1.0, 2.0, 3.0, 4.0))],
    ids=repr,
)
ignoring = pytest.mark.parametrize(
    "loss",
    [
        kind(weights=weights, ignore_index=-100, **smoothing)
        for weights in (None, (0.5, 2.0, 1.0, 0.25))
        for kind, smoothing in (
            (NLL, {}),
            (SoftmaxCrossEntropy, {}),
            (SoftmaxCrossEntropy, {"label_smoothing": 0.25}),
            (SoftmaxCrossEntropy, {"label_smoothing": 1.0}),
        )
    ],
    ids=repr,
)
reductions = pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
libraries = pytest.mark.parametrize("make", [np.asarray, torch.as_tensor], ids=["numpy", "torch"])
N, K = 6, 4
rng = np.random.default_rng(0)
LOGITS = rng.normal(size=(N, K))
LABELS = np.array([0, 1, 2, 3, 3, 0])
DTYPES = {"numpy": ["float16", "float32", "float64"], "torch": ["float16", "bfloat16", "float32", "float64"]}
DTYPES_OF_TARGET = [(library, *pair) for library, names in DTYPES.items() for pair in product(names, names)]
LABEL_DTYPES = ["uint8", "int8", "int16", "int32", "int64", "uint16", "uint32", "uint64"]


def cast(array: np.ndarray, library: str, dtype: str) -> Any:
    return array.astype(dtype) if library == "numpy" else torch.tensor(array).to(getattr(torch, dtype))


def numbers(array: Any) -> np.ndarray:
    return array.double().numpy() if isinstance(array, torch.Tensor) else np.asarray(array, dtype=float)


def log_p(loss: Any, logits: np.ndarray = LOGITS) -> np.ndarray:
    """Logits, or for NLL their log-probabilities."""
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True)) if isinstance(loss, NLL) else logits


@pytest.mark.parametrize(("library", "of_pred", "of_target"), DTYPES_OF_TARGET)
def test_value_and_grad_have_the_dtype_of_the_prediction(library: str, of_pred: str, of_target: str) -> None:
    for loss, reduction in product(LOSSES.values(), ("mean", "sum", "none")):
        check_dtypes(replace(loss, reduction=reduction), library, of_pred, of_target)


def check_dtypes(loss: Any, library: str, of_pred: str, of_target: str) -> None:
    """Both results have the dtype of the prediction, and are those in double precision except for its rounding."""
    pred = cast(log_p(loss), library, of_pred)
    targets = [cast(np.sign(LOGITS[::-1]), library, of_target)]
    if isinstance(loss, BinaryCrossEntropy):
        targets = [(targets[0] + 1) / 2]
    elif isinstance(loss, ClassLoss):
        targets = [cast(LABELS, library, "int64")]
        if isinstance(loss, SoftmaxCrossEntropy):
            targets.append(cast(np.eye(K)[LABELS], library, of_target))
    half = 1 if of_pred in ("float32", "float64") else 2e3 if of_pred == "float16" else 2e4
    for target in targets:
        wide = numbers(target) if not isinstance(loss, ClassLoss) or target.ndim == 2 else LABELS
        for method in ("value", "grad"):
            got = getattr(loss, method)(pred, target)
            assert got.dtype == pred.dtype
            np.testing.assert_allclose(
                numbers(got), getattr(loss, method)(numbers(pred), wide), rtol=1e-6 * half, atol=1e-6 * half / N
            )
        assert got.shape == pred.shape


@rows
@pytest.mark.parametrize(("library", "dtype"), [("numpy", "float16"), ("torch", "float16"), ("torch", "bfloat16")])
def test_half_precision_is_computed_in_single_and_rounded_once(loss: Any, library: str, dtype: str) -> None:
    pred = cast(log_p(loss), library, dtype)
    target = cast(np.sign(LOGITS[::-1]), library, dtype)
    target = (target + 1) / 2 if isinstance(loss, BinaryCrossEntropy) else target
    target = cast(LABELS, library, "int64") if isinstance(loss, ClassLoss) else target
    single = cast(numbers(pred), library, "float32")
    for method in ("value", "grad"):
        ours, exact = (getattr(loss, method)(array, target) for array in (pred, single))
        np.testing.assert_array_equal(numbers(ours), numbers(cast(numbers(exact), library, dtype)))
    if library == "torch":
        autograds = pred.clone().requires_grad_()
        (slope,) = torch.autograd.grad(loss.value(autograds, target), autograds)
        torch.testing.assert_close(slope, loss.grad(pred, target))


def test_a_byte_order_of_ones_own_is_given_back() -> None:
    pred = LOGITS.astype(">f4")
    assert MSE().grad(pred, pred).dtype == pred.dtype
    assert SoftmaxCrossEntropy().grad(pred, LABELS.astype(">i4")).dtype == pred.dtype


@of_classes
@libraries
@pytest.mark.parametrize("dtype", LABEL_DTYPES)
def test_labels_of_every_integer_dtype_are_taken(loss: Any, make: Any, dtype: str) -> None:
    pred, labels = make(log_p(loss)), make(LABELS.astype(dtype))
    loss.check_values(pred, labels)
    for method in (loss.value, loss.grad):
        np.testing.assert_array_equal(method(pred, labels), method(pred, make(LABELS)))


@of_classes
@libraries
def test_labels_of_more_classes_than_a_small_dtype_holds(loss: Any, make: Any) -> None:
    """A uint8 cannot hold the last of 300 classes, and the classes must not be counted in uint8."""
    loss = replace(loss, weights=None)
    pred, labels = make(log_p(loss, rng.normal(size=(N, 300)))), LABELS.astype(np.uint8)
    np.testing.assert_array_equal(loss.grad(pred, make(labels)), loss.grad(pred, make(LABELS)))


@of_classes
@libraries
@pytest.mark.parametrize("method", ["value", "grad", "check_values"])
@pytest.mark.parametrize("label", [K, -1, -100, 255])
def test_a_label_out_of_range_is_refused_at_every_call(loss: Any, make: Any, method: str, label: int) -> None:
    labels = LABELS.copy()
    labels[2] = label
    with pytest.raises(ValueError, match=rf"labels must lie in 0\.\.3, since the model has 4 outputs, got .*{label}"):
        getattr(loss, method)(make(log_p(loss)), make(labels))


def test_the_refusal_of_a_label_says_the_way_on() -> None:
    padded, from_one = np.array([0, -100]), np.array([1, 2])
    with pytest.raises(ValueError, match=r"NLL and Accuracy leave such examples out with ignore_index=-100\.$"):
        NLL().value(np.zeros((2, 2)), padded)
    with pytest.raises(ValueError, match=r"got 1\.\.2\. Labels that count from 1 need a - 1\.$"):
        NLL().value(np.zeros((2, 2)), from_one)


@of_classes
@pytest.mark.parametrize("label", [K, -1, -100])
def test_where_no_look_is_possible_a_label_out_of_range_is_nan(loss: Any, label: int) -> None:
    """That is the case inside vmap, and on a device for which each step would have to wait."""
    pred, labels = torch.tensor(log_p(loss))[None], torch.tensor(LABELS)[None]
    sum_of = replace(loss, reduction="sum")
    torch.testing.assert_close(torch.func.vmap(sum_of.value)(pred, labels)[0], sum_of.value(pred[0], labels[0]))
    labels[0, 2] = label
    each = torch.func.vmap(replace(loss, reduction="none").value)(pred, labels)[0]
    slope = torch.func.vmap(torch.func.grad(sum_of.value))(pred, labels)[0]
    own = torch.func.vmap(sum_of.grad)(pred, labels)[0]
    for numbers_of in (each, slope[:, 0], own[:, 0]):
        assert numbers_of.isnan().tolist() == [False, False, True, False, False, False]
    assert torch.func.vmap(loss.value)(pred, labels).isnan().all()


@of_classes
@libraries
def test_bools_and_floats_are_no_labels(loss: Any, make: Any) -> None:
    with pytest.raises(TypeError, match=r"target must have an integer dtype, got .*bool"):
        loss.value(make(log_p(loss)), make(LABELS > 1))


@rows
@libraries
def test_no_target_at_all_is_refused_before_a_training(loss: Any, make: Any) -> None:
    empty = np.zeros(0, dtype=int) if isinstance(loss, ClassLoss) else np.zeros((0, K))
    with pytest.raises(ValueError, match="target must hold at least one element, got shape"):
        loss.check_values(make(LOGITS), make(empty))


@ignoring
@reductions
def test_ignored_examples_are_left_out_as_in_torch(loss: Any, reduction: str) -> None:
    loss, labels = replace(loss, reduction=reduction), LABELS.copy()
    labels[[1, 4]] = -100
    pred = torch.tensor(log_p(loss), requires_grad=True)
    theirs = loss.to_torch().double()(pred, torch.tensor(labels))
    (slope,) = torch.autograd.grad(theirs.sum(), pred)
    (own,) = torch.autograd.grad(loss.value(pred, torch.tensor(labels)).sum(), pred)
    for array, target in ((pred.detach(), torch.tensor(labels)), (pred.detach().numpy(), labels)):
        np.testing.assert_allclose(loss.value(array, target), theirs.detach(), rtol=1e-13)
        np.testing.assert_allclose(loss.grad(array, target), slope, rtol=1e-13, atol=1e-15)
        loss.check_values(array, target)
    torch.testing.assert_close(own, slope)
    if reduction == "mean":
        kept = labels != -100
        np.testing.assert_allclose(loss.value(log_p(loss), labels), loss.value(log_p(loss)[kept], labels[kept]))


@ignoring
def test_an_ignored_example_has_no_part_even_if_it_is_nan(loss: Any) -> None:
    labels, spoilt = torch.tensor([0, -100, 2]), torch.tensor(log_p(loss)[:3])
    clean = spoilt.clone()
    spoilt[1] = torch.nan
    assert loss.value(spoilt, labels) == loss.value(clean, labels)
    assert torch.equal(loss.grad(spoilt, labels), loss.grad(clean, labels))
    spoilt.requires_grad_()
    (slope,) = torch.autograd.grad(loss.value(spoilt, labels), spoilt)
    torch.testing.assert_close(slope, loss.grad(clean, labels))


@ignoring
@libraries
def test_where_all_are_ignored_the_mean_is_nan_and_the_sum_is_0(loss: Any, make: Any) -> None:
    pred, labels = make(log_p(loss)), make(np.full(N, -100))
    loss.check_values(pred, labels)
    assert np.isnan(float(loss.value(pred, labels)))
    assert replace(loss, reduction="sum").value(pred, labels) == 0
    assert not np.any(numbers(loss.grad(pred, labels)))


@ignoring
def test_a_true_class_may_be_ignored(loss: Any) -> None:
    loss, kept = replace(loss, ignore_index=3), LABELS != 3
    pred = log_p(loss)
    assert loss.value(pred, LABELS) == pytest.approx(loss.value(pred[kept], LABELS[kept]), rel=1e-14)
    labels = np.where(kept, LABELS, K)
    with pytest.raises(ValueError, match=r"got 0\.\.4\.$"):
        loss.value(pred, labels)


@pytest.mark.parametrize("loss", [SoftmaxCrossEntropy(ignore_index=3), BinaryCrossEntropy(pos_weight=(3.0,) * 10)])
def test_a_sweep_counts_examples_and_positives_as_a_run_does(loss: Any) -> None:
    digits, one_hot = (
        Digits(train_size=100, train_transform=Pool(4), val_transform=Pool(4)),
        isinstance(loss, ElementLoss),
    )
    experiment = Experiment(
        OneHot(digits) if one_hot else digits,
        MLP(sizes=(49, 10)),
        loss,
        SGD(0.1),
        batch_size=32,
        steps=4,
        dtype="float64",
        device="cpu",
    )
    for history, lr in zip(sweep(experiment, "optimizer.lr", [0.1, 0.2]), (0.1, 0.2), strict=True):
        single = run(replace(experiment, optimizer=SGD(lr)), progress=False)
        for name in ("loss", "reference_loss", "val_loss", "grad_norm"):
            np.testing.assert_allclose(getattr(history, name), getattr(single, name), rtol=1e-10)


@dataclass(frozen=True)
class OneHot:
    """Digits whose targets are rows of 0 and 1."""

    digits: Digits

    def load(self) -> Split:
        split = self.digits.load()
        return split._replace(train_y=np.eye(10)[split.train_y], val_y=np.eye(10)[split.val_y])


def test_what_ignore_index_cannot_be() -> None:
    with pytest.raises(ValueError, match="ignore_index goes with class indices, got -100 and distributions"):
        SoftmaxCrossEntropy(ignore_index=-100).value(np.zeros((2, 2)), np.eye(2))
    for wrong in (1.0, True, "1"):
        with pytest.raises(TypeError, match="ignore_index must be a whole number, got"):
            NLL(ignore_index=wrong)  # type: ignore[arg-type]
    assert not hasattr(MultiClassHinge(), "ignore_index")


@reductions
@pytest.mark.parametrize("weight", [0.0, 0.5, 3.0, (0.5, 1.0, 2.0, 0.0)])
def test_positives_weigh_what_they_weigh_in_torch(reduction: str, weight: Any) -> None:
    loss, shares = BinaryCrossEntropy(reduction, weight), torch.rand(N, K, generator=torch.manual_seed(0)).double()
    for target in (shares, shares.round()):
        pred = torch.tensor(LOGITS, requires_grad=True)
        theirs = loss.to_torch().double()(pred, target)
        (slope,) = torch.autograd.grad(theirs.sum(), pred)
        np.testing.assert_allclose(loss.value(LOGITS, target.numpy()), theirs.detach(), rtol=1e-13)
        np.testing.assert_allclose(loss.grad(LOGITS, target.numpy()), slope, rtol=1e-12, atol=1e-15)
    assert loss.value(LOGITS[None], shares[None].numpy()).shape == ((1, N, K) if reduction == "none" else ())


def test_positive_weights_fit_the_columns() -> None:
    ones = np.ones((2, 3))
    assert BinaryCrossEntropy(pos_weight=1.0).value(ones, ones) == pytest.approx(BinaryCrossEntropy().value(ones, ones))
    for array in (ones, np.float64(1.0) * ones[0, 0]):
        with pytest.raises(ValueError, match=r"pos_weight must hold one number per column, [30], got 2\."):
            BinaryCrossEntropy(pos_weight=(1.0, 2.0)).value(np.asarray(array), np.asarray(array))
    with pytest.raises(ValueError, match=r"pos_weight\[1\] must lie in \[0, inf\), got -1"):
        BinaryCrossEntropy(pos_weight=(1.0, -1))
    with pytest.raises(TypeError, match="pos_weight must be a Python number"):
        BinaryCrossEntropy(pos_weight=[1.0])  # type: ignore[arg-type]


def test_the_loss_at_the_start_leaves_out_what_is_ignored_and_weighs_positives() -> None:
    padded = np.array([[0, 0, 1], [-100, 0, -100]])
    for loss in (SoftmaxCrossEntropy(ignore_index=-100), NLL(ignore_index=-100)):
        assert at_the_start(loss, padded, classes=2) == pytest.approx(np.log(2))
        best = at_the_start(loss, padded, classes=2, informed=True)
        assert best == pytest.approx(-0.75 * np.log(0.75) - 0.25 * np.log(0.25))
    with pytest.raises(ValueError, match="target without -100, the ignored label, must hold at least one element"):
        at_the_start(NLL(ignore_index=-100), np.array([-100]), classes=2)
    with pytest.raises(ValueError, match=r"labels must lie in 0\.\.1, .* got -100\.\.1"):
        at_the_start(NLL(), padded, classes=2)
    with pytest.raises(ValueError, match="target must hold at least one element"):
        at_the_start(MSE(), np.zeros(0))
    assert at_the_start(NLL(), padded.clip(0).astype(np.uint8), classes=2) == pytest.approx(np.log(2))
    loss, shares = BinaryCrossEntropy(pos_weight=(3.0, 1.0)), np.array([[0.0, 1.0], [1.0, 1.0], [0.0, 0.0]])
    assert at_the_start(loss, shares) == pytest.approx(np.log(2) * (1 + 1 + 3 + 1 + 1 + 1) / 6)
    best = at_the_start(loss, shares, informed=True)
    grid = np.linspace(-3, 3, 601)
    each = [
        np.mean([loss.value(np.broadcast_to([z, w], (3, 2)), shares) for z, w in [pair]])
        for pair in zip(*(axis.flatten() for axis in np.meshgrid(grid[::6], grid[::6])), strict=True)
    ]
    assert best <= min(each) <= best + 1e-3


def test_distributions_of_sequences_have_their_own_best_constant() -> None:
    rows = rng.dirichlet(np.ones(3), size=(2, 5))
    share = rows.reshape(-1, 3).mean(0)
    assert at_the_start(SoftmaxCrossEntropy(), rows, informed=True) == pytest.approx(-(share * np.log(share)).sum())


@rows
def test_a_loss_names_its_unit_for_a_plot(loss: Any) -> None:
    unit = type(loss).unit
    assert unit in ("", "nats", "target units", "squared target units")
    assert get_type_hints(type(loss))["unit"] == ClassVar[str]
    assert (unit == "nats") == (isinstance(loss, BinaryCrossEntropy | SoftmaxCrossEntropy | NLL))


@rows
def test_a_loss_scales_as_its_unit_says(loss: Any) -> None:
    power = {"target units": 1, "squared target units": 2}.get(loss.unit)
    if power is None or not isinstance(loss, ElementLoss):
        return
    pred, target = LOGITS / 10, LOGITS[::-1] / 10  # within the parabola of Huber's
    assert loss.value(2 * pred, 2 * target) == pytest.approx(2**power * loss.value(pred, target))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_softmax_rows_are_seen_in_every_dtype(dtype: torch.dtype) -> None:
    rows = torch.softmax(torch.randn(64, 10, generator=torch.manual_seed(0)), -1).to(dtype)
    assert is_distribution(torch, rows)
    assert not is_distribution(torch, rows + 0.1)


@pytest.mark.filterwarnings("ignore:Dynamo detected")  # array_api_compat caches, and so does checks.namespace
def test_a_compiled_loss_is_the_same_and_nan_for_a_label_out_of_range() -> None:
    loss, pred = SoftmaxCrossEntropy(), torch.tensor(LOGITS)
    compiled = torch.compile(loss.value, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(pred, torch.tensor(LABELS)), loss.value(pred, torch.tensor(LABELS)))
    assert compiled(pred, torch.tensor(LABELS) + 1).isnan()
