"""The labs: each is drawn within its budget, says what it shows, and its lesson holds."""

from __future__ import annotations

import functools
import gzip
import itertools
import re
import sys
import threading
from typing import Any

import numpy as np
import pytest
from conftest import NOTEBOOKS, ROOT

from lossbook.optim import Adam
from lossbook.penalties import ElasticNet
from lossbook.sweeps import sweep
from lossbook.widgets import drawing
from lossbook.widgets.controls import states
from lossbook.widgets.labs import LABS, learning_rate
from lossbook.widgets.labs.adam_dissected_lab import STREAMS, inside
from lossbook.widgets.labs.batch_noise_lab import SIZES, spread
from lossbook.widgets.labs.capacity_lab import WIDTHS, history
from lossbook.widgets.labs.initial_scale_lab import NAMES, layers
from lossbook.widgets.labs.learning_rate_lab import LRS, best, experiment, final, range_test
from lossbook.widgets.labs.loss_explorer_lab import KINDS, of
from lossbook.widgets.labs.optimizer_race_lab import LRS as RACE_LRS
from lossbook.widgets.labs.optimizer_race_lab import PLACES, RACERS, STEPS
from lossbook.widgets.labs.optimizer_race_lab import best as best_walk
from lossbook.widgets.labs.ravine_lab import FLOOR, MOMENTA, RAVINE, START, WALL, factor, walk
from lossbook.widgets.labs.ravine_lab import LRS as STRIDES
from lossbook.widgets.labs.schedule_designer_lab import ENDS, SHAPES, WARMUPS, design, histories
from lossbook.widgets.labs.shrinkage_lab import L1_SHARES, LOWEST, STRENGTHS, VALLEYS, ball, minima
from lossbook.widgets.svg import picture
from lossbook.widgets.words import course

KILOBYTES = 50  # size of a lab, gzipped
MOVES = re.compile(  # words for how a curve moves, not only for where it ends
    r"\b(falls?|fallen|rises?|rose|stays?|swings|levels off|grows?|shrinks|follows|jumps|ceases to be|All start here)\b"
)


def every(test: Any) -> Any:
    """One test per lab; one worker does all tests of a lab, so it draws and trains once."""
    params = [pytest.param(name, id=name, marks=pytest.mark.xdist_group(name)) for name in LABS]
    return pytest.mark.parametrize("name", params)(test)


@functools.cache
def element(name: str) -> str:
    return LABS[name]().static()


@every
def test_every_state_is_drawn_within_the_budget(name: str) -> None:
    lab = LABS[name]()
    assert len(states(lab.controls)) <= 100
    assert len(element(name)) <= 400_000
    assert len(gzip.compress(element(name).encode())) < KILOBYTES * 1000
    assert LABS[name].__doc__


@every
def test_a_second_drawing_is_the_same(name: str) -> None:
    lab = LABS[name]()
    for state in states(lab.controls)[::15]:
        first, again = lab.draw(state), lab.draw(state)
        assert first == again
        assert all(piece.replace("</", "<\\/").replace('"', '\\"') in element(name) for piece in first[0].pieces)


@every
def test_each_rendering_is_a_figure_of_its_own(name: str) -> None:
    lab = LABS[name]()
    some = states(lab.controls)
    first, _ = lab.render(**some[0])
    before = str(picture(first))
    again, _ = lab.render(**some[-1])
    lab.draw(some[-1])
    assert first is not again
    assert not set(first.axes) & set(again.axes)
    assert str(picture(first)) == before


@every
def test_a_picture_does_not_depend_on_what_was_drawn_before_nor_on_who_draws_beside(name: str) -> None:
    lab = LABS[name]()
    some = states(lab.controls)[::13]
    alone = {}
    for place, state in enumerate(some):
        drawing._FREE.clear()  # each draws on a new sheet
        drawing._AXES.clear()  # and all of its axes
        alone[place] = lab.draw(state)
    seen: list[tuple[int, Any]] = []

    def draw(shift: int) -> None:
        for number in range(len(some)):
            place = (shift + number) % len(some)
            seen.append((place, lab.draw(some[place])))

    threads = [threading.Thread(target=draw, args=(shift,)) for shift in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 4 * len(some)
    assert all(shown == alone[place] for place, shown in seen)


@every
def test_every_state_says_what_it_shows_with_numbers(name: str) -> None:
    says = re.search(r'"says":\[(.*?)\]\}</script>', element(name))
    assert says is not None
    sentences = says.group(1).strip('"').split('","')
    assert len(sentences) == len(states(LABS[name]().controls))
    for sentence in sentences:
        assert re.fullmatch(r"[A-Zθ0-9].*\d.*\.", sentence), sentence
        assert "nan" not in sentence.split()
        assert MOVES.search(sentence), sentence


@every
def test_axes_have_labels(name: str) -> None:
    lab = LABS[name]()
    for state in states(lab.controls)[::15]:
        figure, _ = lab.render(**state)
        assert figure.axes
        for ax in figure.axes:
            assert ax.get_xlabel()
            assert ax.get_ylabel()


def test_loss_explorer_far_residuals_pull_harder_only_on_the_squared_loss() -> None:
    x = np.array([0.5, 2.0])
    assert of("MSE", x)[1].tolist() == [1, 4]
    assert of("MAE", x)[1].tolist() == [1, 1]
    assert of("Huber, δ = 1", x)[1].tolist() == [0.5, 1]
    assert of("hinge", np.array([0.9, 1.1]))[1].tolist() == [-1, 0]
    h = 1e-6
    for name in KINDS:
        slopes = (of(name, x + h)[0] - of(name, x - h)[0]) / (2 * h)
        np.testing.assert_allclose(of(name, x)[1], slopes, atol=1e-6)


def test_optimizer_race_memory_wins_in_the_curved_valley_and_scaling_leaves_the_saddle_first() -> None:
    for surface, name in itertools.product(PLACES, RACERS):
        one = best_walk(surface, name)
        assert one.path.shape == one.moves.shape == (STEPS[-1] + 1, 2)
        np.testing.assert_allclose(one.path[1:], one.path[:-1] + one.moves[:-1])
        assert one.heights[-1] < one.heights[0]
        assert one.lr < max(RACE_LRS)  # not the largest, beyond which a better one could lie
    heights = {name: best_walk("Rosenbrock", name).heights[-1] for name in RACERS}
    assert min(heights["momentum"], heights["Adam"]) < heights["gradient descent"] / 3
    first_steps = {name: abs(best_walk("saddle", name).moves[0]) for name in RACERS}
    assert first_steps["Adam"][1] > 0.9 * first_steps["Adam"][0]  # in its own units, a slope of 0.01 is a slope
    assert first_steps["gradient descent"][1] < 0.01 * first_steps["gradient descent"][0]


@pytest.mark.parametrize("momentum", [False, True])
def test_learning_rate_the_best_lies_inside_and_the_range_test_ends_before_chaos(momentum: bool) -> None:
    ends = np.array([final(lr, momentum) for lr in LRS])
    lowest = int(ends.argmin())
    assert LRS[lowest] == best(momentum)
    assert 2 < lowest < len(LRS) - 3
    assert ends[lowest] < ends[0] / 3
    assert ends[lowest] < ends[-1] / 3
    suggested, blow_up = range_test(momentum).suggested, range_test(momentum).blow_up
    assert suggested is not None
    assert blow_up is not None
    assert LRS[lowest] / 3 < suggested < blow_up
    assert LRS[lowest] < blow_up
    assert momentum or suggested < 3 * LRS[lowest]  # with momentum the test goes on before the velocity has built up


def test_learning_rate_momentum_moves_the_bath_to_the_left_and_the_cliff_of_the_range_test_hardly() -> None:
    assert best(True) <= best(False) / 2
    assert final(0.01, True) < final(0.01, False) - 1
    assert final(0.2, True) > final(0.2, False) + 0.5
    cliffs = [range_test(momentum).blow_up or np.nan for momentum in (False, True)]
    assert max(cliffs) < 2 * min(cliffs)
    assert [experiment(momentum).optimizer.momentum for momentum in (False, True)] == [0, 0.9]


def test_learning_rate_one_sweep_for_each_experiment_and_none_for_a_move(monkeypatch: pytest.MonkeyPatch) -> None:
    module, swept = sys.modules["lossbook.widgets.labs.learning_rate_lab"], []

    def counted(base: Any, path: str, values: Any, **rest: Any) -> Any:
        swept.append(base.optimizer.momentum)
        return sweep(base, path, values, **rest)

    monkeypatch.setattr(module, "sweep", counted)
    histories = module.histories
    histories.cache_clear()
    lab = learning_rate()
    for lr in LRS[:3]:
        lab.draw({"momentum": False, "lr": lr, "beside": "final losses"})
    assert swept == [0]
    lab.draw({"momentum": True, "lr": LRS[0], "beside": "final losses"})
    lab.draw({"momentum": False, "lr": LRS[0], "beside": "final losses"})
    assert swept == [0, 0.9]


def test_ravine_the_factors_are_those_of_the_walk_and_the_best_rate_stands_beside_the_explosion() -> None:
    for momentum, lr in itertools.product(MOMENTA, STRIDES):
        path = walk(lr, momentum)
        for axis, curvature in enumerate((FLOOR, WALL)):
            z, c = factor(curvature, lr, momentum), path[:, axis]
            if not momentum:
                np.testing.assert_allclose(c, START[axis] * z.real ** np.arange(len(c)), rtol=1e-9, atol=1e-12)
            # c_{t+1} = (z + z') c_t - z z' c_{t-1}, where z z' = μ
            other = momentum / z if momentum else 0.0
            np.testing.assert_allclose(
                c[2:], ((z + other) * c[1:-1] - z * other * c[:-2]).real, rtol=1e-9, atol=1e-9 * abs(c).max()
            )
    ends = {lr: RAVINE.value(walk(lr, 0.0)[-1]) for lr in STRIDES}
    exploded = [lr for lr in STRIDES if ends[lr] > RAVINE.value(np.array(START))]
    assert min(exploded) == 0.105
    assert min(ends, key=lambda lr: ends[lr]) == 0.09
    assert RAVINE.value(walk(0.15, 0.55)[-1]) < 1e-6


def test_schedule_designer_every_decay_ends_lower_than_the_constant_rate() -> None:
    constant = histories()[design("constant", 0, 0.01)].reference_loss[-1]
    for shape, warmup, end in itertools.product(SHAPES, WARMUPS, ENDS):
        lr = histories()[design(shape, warmup, end)].lr
        assert max(lr) == pytest.approx(0.2)
        assert lr[0] == pytest.approx(0.0 if warmup else 0.2)
        if shape != "constant":
            assert lr[-1] == pytest.approx(0.2 * end, rel=0.1, abs=0.002)
            if end <= 0.1:
                assert histories()[design(shape, warmup, end)].reference_loss[-1] < 0.75 * constant


def test_adam_dissected_the_first_corrected_step_is_the_learning_rate() -> None:
    for name in ("noisy", "spiky"):
        seen = inside(name, Adam(lr=1.0))
        assert abs(seen.move[0]) == pytest.approx(1, abs=1e-6)
        np.testing.assert_allclose(seen.move, -seen.m_hat / (np.sqrt(seen.v_hat) + 1e-8))
        raw = inside(name, Adam(lr=1.0, bias_correction=False))
        assert abs(raw.move[0]) == pytest.approx(0.1 / np.sqrt(0.001), rel=1e-4)
    spike = int(STREAMS["spiky"].argmax())
    after = inside("spiky", Adam(lr=1.0)).move[spike + 10 : spike + 20]
    assert abs(after).mean() < 0.9  # √v̂ remembers the spike longer than m̂
    assert abs(inside("spiky", Adam(lr=1.0)).move[10:20]).mean() > 0.9


@pytest.mark.parametrize("penalty", L1_SHARES)
@pytest.mark.parametrize("valley", VALLEYS)
def test_shrinkage_the_minimum_is_the_lowest_point_and_only_l1_reaches_0(valley: str, penalty: str) -> None:
    rng, path = np.random.default_rng(0), minima(valley, penalty)
    for strength, theta in zip(STRENGTHS, path, strict=True):
        rule = ElasticNet(strength=strength, l1_share=L1_SHARES[penalty])
        near = theta + rng.normal(0, 0.05, (200, 2))
        here = VALLEYS[valley].value(theta - LOWEST) + rule.value(theta)
        there = VALLEYS[valley].value(near - LOWEST) + np.array([rule.value(point) for point in near])
        assert (here <= there).all()
        on_ball = [ElasticNet(1.0, L1_SHARES[penalty]).value(point) for point in ball(penalty, theta)]
        np.testing.assert_allclose(on_ball, ElasticNet(1.0, L1_SHARES[penalty]).value(theta), atol=1e-9)
    assert (path == 0).any() == (penalty != "L2")
    assert np.linalg.norm(path[-1]) < 0.5 * np.linalg.norm(path[0])


def test_capacity_units_lower_the_training_loss_and_open_a_gap_on_few_digits() -> None:
    train = [history(units, 100).reference_loss[-1] for units in WIDTHS]
    assert train == sorted(train, reverse=True)
    wide, narrow = history(256, 100), history(1, 100)
    assert wide.reference_loss[-1] < 0.02 < 1 < narrow.reference_loss[-1]
    gap = {
        digits: history(256, digits).val_loss[-1] - history(256, digits).reference_loss[-1] for digits in (100, 1000)
    }
    assert gap[100] > 1.5 * gap[1000]


def test_initial_scale_he_carries_a_signal_through_relu_and_xavier_through_tanh() -> None:
    def change(init: str, activation: str) -> float:
        spread = layers(init, activation).spread
        return spread[-1] / spread[0]

    assert 0.3 < change("He", "relu") < 3
    assert 0.3 < change("Xavier", "tanh") < 3
    assert change("Xavier", "relu") < 0.1
    assert change("normal, std 0.01", "relu") < 1e-6
    assert change("normal, std 1", "relu") > 1e4
    for init in NAMES:
        gradients = layers(init, "sigmoid").grad_norm
        assert init == "normal, std 1" or gradients[0] < 0.01 * gradients[-1]


def test_batch_noise_halves_with_four_times_the_batch() -> None:
    for moment in ("before training", "after 100 steps"):
        for size in SIZES[:-2]:
            assert spread(4 * size, moment) == pytest.approx(spread(size, moment) / 2, rel=0.1)
    assert spread(16, "after 100 steps") > 2 * spread(16, "before training")


CURVES = {
    "falls from 3 to 1": [3, 2, 1.5, 1],
    "rises from 1 to 400": [1, 20, 100, 400],
    "stays at 2.3": [2.3, 2.31, 2.29, 2.3],
    "falls from 3 to 1 and levels off": [3, 2, 1, 1.01, 1, 1.0],
    "falls from 3 to 1 and then rises to 2": [3, 1, 2],
    "rises from 2 to 9 and then falls to 1": [2, 9, 1],
    "rises from 1 to 9 and then swings between 2 and 6": [1, 9, 3, 4, 2, 6, 2, 5],
    "starts at 2 and ceases to be a finite number": [2, 3, np.nan],
}


@pytest.mark.parametrize("says", CURVES)
def test_a_curve_is_told_by_what_it_does(says: str) -> None:
    assert course(CURVES[says]) == says


def test_each_lab_stands_once_in_the_book() -> None:
    calls = [call for page in NOTEBOOKS for call in re.findall(r"labs\.(\w+)\(\)", page.read_text())]
    assert sorted(calls) == sorted(LABS)
    listed = re.findall(r"{doc}`\.\./notebooks/(\w+)`", (ROOT / "book" / "labs.md").read_text())
    assert listed == [page.stem for page in NOTEBOOKS if re.search(r"labs\.\w+\(\)", page.read_text())]


def test_the_labs_of_a_page_weigh_less_than_150_kilobytes() -> None:
    for page in NOTEBOOKS:
        assert len(re.findall(r"labs\.\w+\(\)", page.read_text())) * KILOBYTES <= 150, page.name
