"""Figures say what they show: labels, units, one curve per run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from lossbook import plotting
from lossbook.experiment import History
from lossbook.surfaces import Quadratic
from lossbook.sweeps import RangeTest

HISTORY = History(
    loss=(3.0, 2.0, 1.0, 2.0),
    lr=(0.1,) * 4,
    grad_norm=(1.0,) * 4,
    update_ratio=(0.01,) * 4,
    seconds=(0.1, 0.2, 0.3, 0.4),
    eval_step=(0, 4),
    reference_loss=(3.0, 1.5),
    val_loss=(3.0, 1.75),
    metric=(0.1, 0.5),
    environment={},
)


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
    assert ax.get_ylabel() == plotting.QUANTITIES[quantity]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
    x, y = ax.lines[0].get_data()
    assert list(y) == list(getattr(HISTORY, quantity))
    assert list(x) == ([0, 4] if quantity in plotting.MEASURED else [0, 1, 2, 3])


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
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("optimizer.lr", "reference loss (nats) at the end")


def test_a_sweep_over_other_things_names_them() -> None:
    ax = plotting.plot_sweep(["relu", "tanh"], [HISTORY, HISTORY], "metric")
    assert [text.get_text() for text in ax.get_xticklabels()] == ["relu", "tanh"]
    assert ax.get_xscale() == plotting.plot_sweep([0.0, 0.5], [HISTORY, HISTORY]).get_xscale() == "linear"


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
