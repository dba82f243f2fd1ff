"""Figures say what they show: labels, units, one curve per run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from histories import HISTORY

from lossbook import plotting
from lossbook.data import DigitValues
from lossbook.experiment import Experiment, History
from lossbook.losses import LOSSES, MSE
from lossbook.metrics import R2
from lossbook.models import MLP, NumPyMLP
from lossbook.optim import SGD
from lossbook.surfaces import Quadratic
from lossbook.sweeps import RangeTest, sweep
from lossbook.train import run


@pytest.fixture(autouse=True)
def _closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(plt, "show", lambda: None)
    with mpl.rc_context():
        yield
    plt.close("all")


@pytest.mark.parametrize("quantity", plotting.QUANTITIES)
def test_a_history_is_drawn_over_its_steps(quantity: str) -> None:
    ax = plotting.plot_history({"a": HISTORY, "b": replace(HISTORY, loss=(4.0, 3.0, 2.0, 1.0))}, quantity)
    assert ax.get_xlabel() == "step"
    assert ax.get_ylabel() == plotting.QUANTITIES[quantity]  # a history without a unit gives an axis without one
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
    x, y = ax.lines[0].get_data()
    assert list(y) == list(getattr(HISTORY, quantity))
    assert list(x) == ([0, 4] if quantity in plotting.MEASURED else [0, 1, 2, 3])


SAYS = {"loss_unit": "hits", "reference_unit": "nats", "metric": "accuracy"}


@pytest.mark.parametrize(
    ("quantity", "label"),
    [
        ("loss", "training loss (hits)"),
        ("reference_loss", "reference loss (nats)"),
        ("val_loss", "held-out loss (nats)"),
        ("metric", "held-out accuracy"),
        ("grad_norm", "gradient norm"),
    ],
)
def test_units_and_the_metrics_name_are_the_runs_own(quantity: str, label: str) -> None:
    says, other = replace(HISTORY, environment=SAYS), replace(HISTORY, environment=dict.fromkeys(SAYS, "other"))
    assert plotting.plot_history({"a": says, "b": says}, quantity).get_ylabel() == label
    assert plotting.plot_sweep([1, 2], [says, says], quantity).get_ylabel() == f"{label} at the end"
    bare = plotting.QUANTITIES[quantity]
    for mixed in ({"a": says, "b": other}, {"a": says, "b": HISTORY}, {"a": HISTORY}):
        assert plotting.plot_history(mixed, quantity).get_ylabel() == bare


@dataclass(frozen=True)
class Metres(MSE):
    unit: ClassVar[str] = "m²"


@dataclass(frozen=True)
class Explained(R2):
    name: ClassVar[str] = "R²"


@pytest.mark.parametrize("model", [MLP(sizes=(784, 1)), NumPyMLP(sizes=(784, 1))], ids=["torch", "numpy"])
def test_a_run_and_a_sweep_say_what_their_numbers_are(model: Any, tmp_path: Path) -> None:
    data = DigitValues(train_size=50)
    base = Experiment(data, model, Metres(), SGD(lr=1e-4), metric=Explained(), steps=2, device="cpu")
    alone = run(base, progress=False)
    assert plotting.plot_history({"run": alone}).get_ylabel() == "training loss (m²)"
    assert plotting.plot_history({"run": alone}, "metric").get_ylabel() == "held-out R²"
    loaded = History.load(alone.save(tmp_path / "run.json"))
    assert plotting.plot_history({"run": loaded}, "val_loss").get_ylabel() == "held-out loss (m²)"
    values = [1e-4, 1e-5]
    ax = plotting.plot_sweep(values, sweep(base, "optimizer.lr", values, progress=False), "metric")
    assert ax.get_ylabel() == "held-out R² at the end"
    judged = replace(base, reference=MSE())
    assert run(judged, progress=False).environment["reference_unit"] == getattr(MSE(), "unit", "")


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
def test_what_a_loss_says_of_its_unit_can_be_written_on_an_axis(loss: Any) -> None:
    assert isinstance(getattr(loss, "unit", ""), str)


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("loss", "reference", "step", "words"),
    [
        ((3.0, 2.0, NAN, NAN), (3.0, NAN), 2, "not finite from step 2"),
        ((NAN,) * 4, (3.0, NAN), 0, "not finite from step 0"),
        ((3.0, 2.0, 1.0, 2.0), (INF, 1.0), 0, "not finite at times, first at step 0"),
        ((3.0, 2.0, 1.0, 2.0), (2.0, -INF), 4, "not finite from step 4"),
    ],
)
def test_where_a_curve_ceases_to_be_finite_there_is_a_cross_and_a_word(
    loss: tuple[float, ...], reference: tuple[float, ...], step: int, words: str
) -> None:
    lost = replace(HISTORY, loss=loss, reference_loss=reference)
    for others in ({}, {"fixed": HISTORY}):
        ax = plotting.plot_history({"broken": lost, **others}, "reference_loss", colors=plotting.ROLES)
        assert ax.get_legend().get_texts()[0].get_text() == f"broken: {words}"
        crosses = [line for line in ax.lines if line.get_marker() == "x"]
        assert [line.get_xydata().tolist() for line in crosses] == [[[step, 1.0]]]
        assert crosses[0].get_color() == plotting.ROLES["broken"]
        curve = ax.lines[0]
        assert (curve.get_marker(), list(curve.get_markevery())) == ("o", [int(np.isfinite(reference).argmax())])


def test_a_finite_curve_has_no_cross_and_one_alone_no_legend() -> None:
    ax = plotting.plot_history({"run": HISTORY})
    assert [line.get_marker() for line in ax.lines] == ["None"]
    assert ax.get_legend() is None


def test_there_is_no_half_step_on_the_axis() -> None:
    ticks = plotting.plot_history({"run": HISTORY}).get_xticks()
    assert all(tick == round(tick) for tick in ticks)


@pytest.mark.parametrize(
    ("histories", "message"),
    [
        ([1.0, 2.0], r'histories must map labels to objects of type History, got list: write {"run": history}\.'),
        (HISTORY, r'got History: write {"run": history}\.'),
        ({"a": [1.0]}, r"histories\['a'\] must be a History, got list\."),
    ],
)
def test_what_is_no_history_is_refused_in_one_sentence(histories: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        plotting.plot_history(histories)


def test_a_mean_of_more_steps_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match="smooth must be at most the number of steps, 4, got 5"):
        plotting.plot_history({"a": HISTORY}, smooth=5)
    assert list(plotting.plot_history({"a": HISTORY}, smooth=4).lines[0].get_xdata()) == [3]


def test_smoothing_is_the_mean_of_the_last_steps() -> None:
    x, y = plotting.plot_history({"a": HISTORY}, smooth=2).lines[0].get_data()
    assert list(x) == [1, 2, 3]
    assert list(y) == [2.5, 1.5, 1.5]


def test_an_unknown_quantity_offers_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"quantity must be one of .*got 'val_los'\. Did you mean 'val_loss'\?"):
        plotting.plot_history({"a": HISTORY}, "val_los")


def test_a_sweep_is_drawn_over_its_values_on_a_logarithmic_axis() -> None:
    lost = replace(HISTORY, reference_loss=(3.0, float("nan")))
    worse = replace(HISTORY, reference_loss=(3.0, 2.0))
    ax = plotting.plot_sweep([0.1, 10.0, 0.01], [HISTORY, lost, worse], label="optimizer.lr")
    curve, crosses = ax.lines
    np.testing.assert_array_equal(curve.get_xydata(), [[0.01, 2.0], [0.1, 1.5], [10.0, np.nan]])
    np.testing.assert_array_equal(crosses.get_xydata(), [[10.0, 1.0]])
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "linear")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("optimizer.lr", "reference loss at the end")


def test_a_sweep_over_other_things_names_them() -> None:
    ax = plotting.plot_sweep(["relu", "tanh"], [HISTORY, HISTORY], "metric")
    assert [text.get_text() for text in ax.get_xticklabels()] == ["relu", "tanh"]
    assert ax.get_xscale() == plotting.plot_sweep([0.0, 0.5], [HISTORY, HISTORY]).get_xscale() == "linear"


@pytest.mark.parametrize("values", [[1.0, INF], [NAN, 2.0], [True, False], ["a", 1.0]])
def test_what_has_no_place_on_an_axis_stands_side_by_side(values: list[Any]) -> None:
    ax = plotting.plot_sweep(values, [HISTORY, HISTORY])
    assert [text.get_text() for text in ax.get_xticklabels()] == [str(value) for value in values]


def test_a_sweep_has_one_history_for_each_value() -> None:
    with pytest.raises(ValueError, match="histories must hold one for each of values, 2, got 1"):
        plotting.plot_sweep([1, 2], [HISTORY])
    with pytest.raises(ValueError, match="values must hold at least one value, got none"):
        plotting.plot_sweep([], [])
    with pytest.raises(ValueError, match="reference_loss of the run with 2 must hold at least one element"):
        plotting.plot_sweep([1, 2], [HISTORY, replace(HISTORY, reference_loss=())])


@pytest.mark.parametrize("losses", [(2.0, INF, NAN), (NAN, 1.0, 2.0), (NAN, NAN, NAN), (-2.0, -3.0, -1.0)])
def test_a_range_test_marks_what_is_not_finite(losses: tuple[float, ...]) -> None:
    found = RangeTest((1e-3, 1e-2, 1e-1), losses, losses, suggested=None, blow_up=None)
    ax = plotting.plot_range_test(found)
    crosses = [line for line in ax.lines if line.get_marker() == "x"]
    lost = [lr for lr, loss in zip(found.lrs, losses, strict=True) if not np.isfinite(loss)]
    assert [list(line.get_xdata()) for line in crosses] == ([lost] if lost else [])
    low, high = ax.get_ylim()
    assert low < high
    assert all(low <= loss <= high for loss in [loss for loss in losses if np.isfinite(loss)][:1])


def test_a_range_test_that_ends_before_nan_marks_the_blow_up_and_says_its_unit() -> None:
    found = RangeTest((1e-3, 1e-2), (2.0, 1.0), (2.0, 1.0), suggested=1e-3, blow_up=1e-1, unit="nats")
    ax = plotting.plot_range_test(found)
    assert [list(line.get_xdata()) for line in ax.lines if line.get_marker() == "x"] == [[1e-1]]
    assert ax.get_ylabel() == "training loss (nats)"
    assert plotting.plot_range_test(replace(found, unit="")).get_ylabel() == "training loss"


def test_a_range_test_shows_what_it_found() -> None:
    found = RangeTest((1e-3, 1e-2, 1e-1), (2.0, 1.0, 5.0), (2.0, 1.5, 3.0), suggested=1e-2, blow_up=None)
    ax = plotting.plot_range_test(found)
    assert [line.get_label() for line in ax.lines] == ["each batch", "smoothed", "steepest fall, 0.01"]
    assert ax.get_xscale() == "log"
    assert ax.lines[2].get_xdata()[0] == 1e-2


def test_a_surface_shows_paths_and_names_them() -> None:
    path = np.array([[1.0, 1.0], [0.5, 0.0]])
    ax = plotting.plot_surface(Quadratic(), {"walk": path}, extent=(-2, 2, -1, 1))
    assert (ax.get_xlim(), ax.get_ylim()) == ((-2, 2), (-1, 1))
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), path)
    assert ax.get_legend().get_texts()[0].get_text() == "walk"
    assert plotting.plot_surface(Quadratic(), {"walk": path}, extent=(-2, 2, -1, 1), legend=False).get_legend() is None


@pytest.mark.parametrize("shape", [(5, 28, 28), (5, 1, 28, 28)])
def test_digits_stand_under_their_titles(shape: tuple[int, ...]) -> None:
    figure = plotting.show_digits(np.zeros(shape), range(5), columns=3)
    assert [ax.get_title() for ax in figure.axes] == ["0", "1", "2", "3", "4", ""]
    assert [len(ax.images) for ax in figure.axes] == [1, 1, 1, 1, 1, 0]


def test_a_confusion_matrix_shows_its_numbers() -> None:
    ax = plotting.plot_confusion(np.array([[5, 2], [0, 7]]))
    assert {(text.get_position(), text.get_text()) for text in ax.texts} == {
        ((0, 0), "5"),
        ((1, 0), "2"),
        ((1, 1), "7"),
    }
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted digit", "true digit")


def test_the_palette_is_told_apart_with_any_colour_vision() -> None:
    plotting.use_style()
    assert mpl.rcParams["axes.prop_cycle"].by_key()["color"] == list(plotting.PALETTE)
    assert len(set(plotting.PALETTE)) == 8
