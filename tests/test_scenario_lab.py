"""The scenario lab and the quiz: static and live, the live one trained, stopped and with errors."""

from __future__ import annotations

import html
import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import ROOT, patience

from lossbook.causes import CAUSES
from lossbook.curves import ROLES
from lossbook.evidence import replay
from lossbook.experiment import History
from lossbook.loop import Loop
from lossbook.scenarios import SCENARIOS, scenario
from lossbook.symptoms import SYMPTOMS
from lossbook.values import same
from lossbook.widgets import guess_the_cause, panel, scenario_lab, trial
from lossbook.widgets.jobs import Jobs
from lossbook.widgets.knob_table import knobs
from lossbook.widgets.offered import run_names, suspects_of
from lossbook.widgets.questions import LEVELS, question
from lossbook.widgets.quiz import POINTS, in_order
from lossbook.widgets.run_picture import BATCHES, picture_of, sketch
from lossbook.widgets.sentences import the_change, what_is_wrong, what_the_curves_do
from lossbook.widgets.workbench import Workbench

KEYS = ["lr-too-high-oscillates", "lr-too-low-creeps", "adam-eps-too-large"]
HEALTHY = "healthy-momentum"


@pytest.fixture(autouse=True)
def nothing_goes_on() -> Iterator[None]:
    """No training of one test takes steps in the next one."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        if type(thread) is threading.Thread:  # not the monitor of a progress bar, which never ends
            thread.join(timeout=60)


def before_the_guess(key: str) -> list[str]:
    """Words that give the cause away: its title, the title of the run, the path of the knob, the key."""
    row = SCENARIOS[key]
    return [key, row.title, "Nothing is wrong" if row.cause is None else CAUSES[row.cause].title]


def click(workbench: Workbench, name: str) -> None:
    workbench.buttons[name].click()
    workbench.wait()


def test_train_test_and_show_the_fix() -> None:
    workbench = scenario_lab(KEYS).live()
    workbench.device.value = "cpu"
    workbench.guess.index = 1
    click(workbench, "train")
    assert workbench.history is not None
    assert workbench.history.loss == trial.trained(scenario(KEYS[0]).experiment("broken", 0, "cpu")).loss
    assert workbench.bar.value == workbench.bar.max == 200
    assert "steps per second" in workbench.status.value
    assert "on cpu" in workbench.status.value
    assert "oscillating" in workbench.caption.value
    assert "swings between" in workbench.caption.value
    assert "You predicted: it will look as before" in workbench.caption.value
    assert not any(word in workbench.caption.value for word in before_the_guess(KEYS[0]))
    click(workbench, "test")
    assert "found" in workbench.status.value
    click(workbench, "show the fix")
    assert "optimizer.lr: 1 → 0.05" in workbench.status.value
    assert what_is_wrong(workbench.row) in workbench.status.value
    assert "healthy" in workbench.caption.value


def test_the_curve_as_it_stands_is_shown_at_once_without_its_cause() -> None:
    workbench = scenario_lab(KEYS).live()
    workbench.wait()
    assert "<svg" in workbench.picture.value
    assert "swings between" in workbench.caption.value
    assert not any(word in workbench.caption.value for word in before_the_guess(KEYS[0]))
    workbench.scenario.value = KEYS[1]
    workbench.wait()
    history = trial.trained(scenario(KEYS[1]).experiment("broken", 0, "cpu"))
    assert what_the_curves_do(scenario(KEYS[1]), history) in workbench.caption.value


def test_the_first_look_gives_way_to_what_the_reader_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, train = [], trial.train

    def slow(experiment: Any, report: Any, stop: threading.Event) -> Any:
        begun.append(stop)
        if len(begun) == 1:
            assert stop.wait(patience())
        return train(experiment, report, stop)

    monkeypatch.setattr(trial, "train", slow)
    workbench = scenario_lab(KEYS).live()
    while not begun:
        time.sleep(0.001)
    click(workbench, "train")
    assert len(begun) == 2
    assert workbench.history is not None
    assert not workbench.history.interrupted


def test_showing_the_fix_moves_the_bar_draws_and_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "REFRESH", 0.0)
    workbench, drawn = scenario_lab(KEYS).live(), []
    workbench.device.value = "cpu"
    workbench.picture.observe(lambda change: drawn.append(workbench.bar.value), names="value")

    def stop_soon(change: Any) -> None:
        if change["new"] >= 3:
            workbench.buttons["stop"].click()

    workbench.bar.observe(stop_soon, names="value")
    click(workbench, "show the fix")
    assert 0 < min(drawn) <= max(drawn) < 200
    assert "Stopped after" in workbench.status.value


def test_a_training_is_not_held_up_by_slow_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, drawn = [0.0], []

    def slow(progress: trial.Progress, experiment: Any) -> Any:
        drawn.append(progress.step)
        clock[0] += 60
        return sketch(progress, experiment)

    monkeypatch.setattr(trial, "REFRESH", 0.0)
    monkeypatch.setattr("lossbook.widgets.workbench.perf_counter", lambda: clock[0])
    monkeypatch.setattr("lossbook.widgets.workbench.sketch", slow)
    workbench = scenario_lab(KEYS).live()
    workbench.wait()
    assert workbench.bar.value == workbench.bar.max
    assert drawn == [1]  # a minute for one drawing: for the next four the training goes on without another


def test_memory_that_runs_out_in_a_training_gets_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    monkeypatch.setattr(trial, "train", full)
    workbench = scenario_lab(KEYS).live()
    workbench.device.value = "cpu"
    click(workbench, "train")
    assert "ran out of memory. Close what else uses it" in workbench.status.value


def test_the_live_face_of_a_healthy_run() -> None:
    workbench = scenario_lab([HEALTHY]).live()
    workbench.device.value = "cpu"
    assert workbench.scenario.value == HEALTHY
    assert len(workbench.knob.options) > 12  # else the list would tell that nothing is to be mended
    click(workbench, "show the fix")
    assert "Nothing is wrong" in workbench.status.value
    assert "→" not in workbench.status.value


def test_the_decisive_tests_find_nothing_on_a_healthy_run() -> None:
    workbench = scenario_lab([HEALTHY]).live()
    click(workbench, "test")
    assert f"As it stands: of the {len(CAUSES)} decisive tests none found" in workbench.status.value


def turn(workbench: Workbench, path: str, value: str) -> None:
    workbench.knob.value, workbench.value.value = path, value


def test_the_knob_is_what_is_trained_with() -> None:
    workbench = scenario_lab(KEYS).live()
    workbench.device.value = "cpu"
    turn(workbench, "optimizer.lr", "0.05")
    click(workbench, "train")
    assert workbench.history is not None
    assert set(workbench.history.lr) == {0.05}
    assert "With optimizer.lr = 0.05: In 200 steps" in workbench.caption.value


def test_the_test_judges_the_run_that_the_knob_says() -> None:
    workbench = scenario_lab(KEYS).live()
    workbench.device.value = "cpu"
    click(workbench, "test")
    assert "As it stands: found" in workbench.status.value
    turn(workbench, "optimizer.lr", "0.05")
    click(workbench, "test")
    assert "With optimizer.lr = 0.05: not found" in workbench.status.value
    assert set(workbench.history.lr if workbench.history else ()) == {0.05}  # and it is on the picture
    assert "With optimizer.lr = 0.05: In 200 steps" in workbench.caption.value


def test_the_fix_is_drawn_beside_the_run_that_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    trained, drawn, train = [], [], trial.train

    def counted(experiment: Any, *rest: Any) -> Any:
        trained.append(experiment.optimizer.lr)
        return train(experiment, *rest)

    def look(row: Any, histories: dict[str, History]) -> Any:
        drawn.append({name: history.lr[0] for name, history in histories.items()})
        return picture_of(row, histories)

    monkeypatch.setattr(trial, "train", counted)
    monkeypatch.setattr("lossbook.widgets.workbench.picture_of", look)
    workbench = scenario_lab(KEYS).live()
    workbench.device.value = "cpu"
    turn(workbench, "optimizer.lr", "0.5")
    click(workbench, "train")
    trained.clear()
    click(workbench, "show the fix")
    assert trained == [0.05]  # the run that is shown is not trained again
    assert drawn[-1] == {"this run": 0.5, "mended": 0.05}
    assert workbench.value.value == "0.5"
    first, then = workbench.caption.value.split("</p><p>")
    assert "With optimizer.lr = 0.5: " in first
    assert then.startswith("Mended: In 200 steps")


def test_a_value_that_the_run_refuses_gets_a_sentence() -> None:
    workbench = scenario_lab(["healthy-small-net"]).live()
    turn(workbench, "loss", "NLL()")
    click(workbench, "train")
    assert 'role="alert"' in workbench.status.value


@pytest.mark.parametrize("key", SCENARIOS)
def test_the_knobs_hold_the_answer_and_do_not_give_it_away(key: str) -> None:
    row = SCENARIOS[key]
    offered = knobs(row.broken)
    assert len({one.path for one in offered}) == len(offered) > 12
    assert offered[0].path.startswith(("optimizer.lr", "optimizer.rule.lr"))
    for one in offered:
        assert len(one.options) == len(set(one.options)) >= 3
        for place in range(len(one.options)):
            changed = one.changed(row.experiment("broken", 0, "cpu"), place)
            assert changed.steps // changed.eval_every >= 8  # a verdict needs so many looks
            assert place or changed == row.experiment("broken", 0, "cpu")
    if row.fix is not None:
        (right,) = (one for one in offered if one.path == row.fix[0])
        assert any(same(value, row.fix[1]) for value in right.values)
        mended = {one.path: one for one in knobs(row.fixed)}
        for one in offered:  # what is offered for a run that is right is what is offered for the wrong one
            if (other := mended.get(one.path)) is not None:
                lists = (one.values, other.values), (other.values, one.values)
                apart = [value for these, those in lists for value in these if value not in those]
                assert all(value in (one.now, other.now) for value in apart)


def lines(key: str, *names: str) -> Any:
    """The axes of a picture of the scenario's broken and fixed run, under these names."""
    row = SCENARIOS[key]
    histories = {
        name: trial.trained(row.experiment(variant, 0, "cpu"))
        for name, variant in zip(names, ("broken", "fixed"), strict=False)
    }
    figure = picture_of(row, histories)
    figure.draw_without_rendering()
    return figure, figure.axes[0], histories


@pytest.mark.parametrize(
    ("key", "scale"),
    [
        ("log-of-rounded-sigmoid", "linear"),  # lost after 12 steps
        ("exploding-gradients", "log"),  # lost after two, at 1e21
        ("loss-sign-flipped", "symlog"),  # the loss that is trained is negative
        ("cross-entropy-of-one-output", "linear"),  # it is 0
        ("low-precision", "log"),  # it is a millionth
        ("lr-too-high-spikes", "log"),
        ("overfitting-few-digits", "linear"),
    ],
)
def test_a_picture_cuts_nothing_off_and_marks_where_a_run_is_lost(key: str, scale: str) -> None:
    figure, ax, histories = lines(key, "this run", "mended")
    assert ax.get_yscale() == scale
    drawn = {line.get_label(): line for line in ax.lines}
    low, high = ax.get_ylim()
    for name, history in histories.items():
        lost = int(np.argmin(np.isfinite(history.loss))) if not np.isfinite(history.loss).all() else None
        words = "" if lost is None else f", not finite from step {lost}"
        for label, values in (
            (f"{name}: batches", history.loss),
            (f"{name}: reference loss{words}", history.reference_loss),
        ):
            whole = "reference" in label or lost is not None or SCENARIOS[key].symptom == "spiking"
            every = 1 if whole else len(values) // BATCHES
            np.testing.assert_array_equal(drawn[label].get_ydata(), values[::every])
            finite = np.array(values)[np.isfinite(values)]
            assert low < finite.min() <= finite.max() < high
        crosses = [line for line in ax.lines if line.get_marker() == "x" and line.get_xdata()[0] == lost]
        assert len(crosses) == (lost is not None)
        left, right = ax.get_xlim()
        assert left < 0 < len(history.loss) < right
    (legend,) = figure.legends
    assert not ax.get_window_extent().overlaps(legend.get_window_extent())
    inside, outside = legend.get_window_extent(), figure.bbox
    assert outside.x0 <= inside.x0 < inside.x1 <= outside.x1


def test_while_a_run_is_trained_its_picture_has_the_axis_of_the_whole_run() -> None:
    experiment = SCENARIOS["low-precision"].experiment("broken", 0, "cpu")
    progress = trial.Progress(step=20, steps=[0, 10, 19], losses=[2.3e-6, 2.4e-6, 2.3e-6])
    (ax,) = sketch(progress, experiment).axes
    assert ax.get_xlim()[1] > experiment.steps
    assert ax.get_ylim()[1] < 1e-5  # else a loss of a millionth would lie on the edge
    progress.losses[1:] = [2.3e3, float("nan")]
    assert sketch(progress, experiment).axes[0].get_yscale() == "log"
    assert sketch(progress, SCENARIOS["broadcast-loss"].broken).axes[0].get_ylabel() == (
        "loss of the batch (squared target units)"
    )


def test_the_colours_are_those_of_the_book_and_the_axis_has_the_unit_of_the_loss() -> None:
    _, ax, _ = lines("broadcast-loss", "this run", "mended")
    assert {line.get_color() for line in ax.lines} == {ROLES["broken"], ROLES["fixed"]}
    assert ax.get_ylabel() == "loss (squared target units)"
    _, ax, _ = lines(HEALTHY, "healthy run")
    assert {line.get_color() for line in ax.lines} == {ROLES["healthy"]}
    assert ax.get_ylabel() == "loss (nats)"


def test_devices_that_are_not_there_are_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    there = ["cpu", *["cuda"] * torch.cuda.is_available(), *["mps"] * torch.backends.mps.is_available()]
    assert list(scenario_lab(KEYS).live().device.options) == ["auto", *there]
    monkeypatch.setattr(panel, "available_devices", lambda: ["cpu", "cuda"])
    assert list(scenario_lab(KEYS).live().device.options) == ["auto", "cpu", "cuda"]


def test_a_job_is_refused_while_another_runs_that_does_not_give_way() -> None:
    jobs, done, gate = Jobs(), [], threading.Event()

    def waits(stop: threading.Event) -> None:
        gate.wait(patience())
        done.append(stop.is_set())

    assert jobs.start(waits)
    assert not jobs.start(lambda stop: None)
    jobs.stop()
    gate.set()
    jobs.wait()
    assert done == [True]
    assert jobs.start(lambda stop: done.append(stop.is_set()))
    jobs.wait()
    assert done == [True, False]


def test_stop_ends_a_training_and_keeps_what_it_has() -> None:
    stop, seen = threading.Event(), []

    def report(progress: trial.Progress) -> None:
        seen.append(progress.step)
        stop.set()

    history = trial.train(scenario(KEYS[0]).experiment("broken", 0, "cpu"), report, stop)
    assert len(history.loss) == 1
    assert history.eval_step == (0, 1)  # it has looked once more
    assert seen[0] == 1


@pytest.mark.parametrize("key", [KEYS[0], HEALTHY])
@pytest.mark.parametrize("steps", [0, 1, 230])
def test_stop_ends_a_test_wherever_it_is(monkeypatch: pytest.MonkeyPatch, key: str, steps: int) -> None:
    """Before the first step, in the run itself, and in a training of the probe, after a run of 200 steps."""
    workbench, taken = scenario_lab([key]).live(), []
    workbench.wait()
    shown = workbench.caption.value

    def counted(step: Any) -> Any:
        def counting(*args: Any) -> Any:
            taken.append(1)
            if len(taken) > steps:
                workbench.buttons["stop"].click()
            return step(*args)

        return counting

    monkeypatch.setattr(Loop, "step", counted(Loop.step))
    monkeypatch.setattr(replay, "_step", counted(replay._step))
    click(workbench, "test")
    assert workbench.status.value == "<p>Stopped before the test had ended.</p>"
    assert steps < len(taken) <= steps + 2
    assert workbench.caption.value == shown
    monkeypatch.undo()
    click(workbench, "show the fix")
    assert what_is_wrong(workbench.row) in workbench.status.value


def test_another_run_is_shown_at_once_though_a_test_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    workbench, tested, begun = scenario_lab(KEYS).live(), trial.tested, threading.Event()
    workbench.wait()

    def slow(experiment: Any, keys: Any, stop: threading.Event) -> Any:
        begun.set()
        assert stop.wait(60)
        return tested(experiment, keys, stop)

    monkeypatch.setattr(trial, "tested", slow)
    workbench.buttons["test"].click()
    assert begun.wait(60)
    workbench.scenario.value = KEYS[1]
    workbench.wait()
    assert "Stopped" not in workbench.status.value
    assert "In 200 steps" in workbench.caption.value


def test_out_of_memory_is_explained() -> None:
    words = trial.in_words(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate"), "cuda")
    assert words == "The device 'cuda' ran out of memory. Close what else uses it, or choose the device \"cpu\"."


def test_another_scenario_starts_afresh() -> None:
    workbench = scenario_lab(KEYS).live()
    workbench.scenario.value = KEYS[1]
    assert SYMPTOMS["slow"] in workbench.caption.value
    assert workbench.knob.value == "optimizer.lr"
    assert workbench.value.options[0] == "as it stands (0.001)"
    assert "0.05" in workbench.value.options


def test_the_names_say_what_is_seen_and_not_why() -> None:
    named = run_names(list(SCENARIOS))
    assert sorted(named.values()) == sorted(SCENARIOS)
    symptoms = [name.rpartition(" ")[0] for name in named]
    assert all(SCENARIOS[key].symptom == symptom for key, symptom in zip(named.values(), symptoms, strict=True))
    assert [symptom for symptom, _ in itertools.groupby(symptoms)] == [s for s in SYMPTOMS if s in symptoms]
    assert list(scenario_lab(KEYS).live().scenario.options) == list(run_names(KEYS).items())


def test_the_static_face_tells_the_cause_with_the_fix_alone() -> None:
    keys = [*KEYS, HEALTHY]
    explorer = scenario_lab(keys)
    form = explorer.static().split("<script")[0]
    for name, key in run_names(keys).items():
        first, then = (explorer.draw({"run": name, "fix": fix})[1] for fix in (False, True))
        assert name in form
        assert not any(word in form or word in first for word in before_the_guess(key))
        assert what_is_wrong(SCENARIOS[key]) in then
        if key != HEALTHY:
            assert trial.broken(key)[1].sentence[1:] in then
            assert the_change(SCENARIOS[key]) in then


def test_a_question_has_its_answer_among_suspects_of_the_same_symptom() -> None:
    for key in KEYS:
        one, row = question(key), SCENARIOS[key]
        assert row.cause is not None
        assert one.choices[one.answer] == CAUSES[row.cause].title
        assert len(set(one.choices)) == 4
        assert len(one.readings) == 4
        assert not any(word in line for word in before_the_guess(key) for line in one.readings)
        assert "(found)" in one.tests[one.answer] or one.tests[one.answer].startswith("found")
        assert all(one.tests[place] or one.choices[place] == "Nothing is wrong" for place in range(4))
    assert len({question(key).answer for key in KEYS}) > 1


def test_easy_questions_come_first_and_among_them_those_of_the_first_chapters() -> None:
    asked = in_order([question(key) for key in (HEALTHY, *KEYS)])
    levels = [LEVELS.index(one.level) for one in asked]
    assert levels == sorted(levels)
    assert len(set(levels)) > 1
    for _, alike in itertools.groupby(asked, lambda one: one.level):
        chapters = [CAUSES[cause].chapter if (cause := SCENARIOS[one.key].cause) else "1.1" for one in alike]
        assert chapters == sorted(chapters)


def test_nothing_is_wrong_is_an_answer_and_sometimes_the_right_one() -> None:
    one = question(HEALTHY)
    assert one.choices[one.answer] == "Nothing is wrong"
    assert len(set(one.choices)) == 4
    assert SCENARIOS[HEALTHY].title in one.explained[0]
    assert "The loss falls as it should" in one.explained[1]
    assert "healthy" not in " ".join(one.readings)
    offered = {key: suspects_of(row) for key, row in SCENARIOS.items()}
    for key, row in SCENARIOS.items():
        assert row.cause in offered[key]
        assert len(set(offered[key])) == 4
        assert row.symptom != "healthy" or None in offered[key]
    wrongly = [key for key, row in SCENARIOS.items() if row.cause and row.symptom != "healthy" and None in offered[key]]
    assert 5 < len(wrongly) < 30
    assert list(guess_the_cause().keys) != list(SCENARIOS)
    assert sorted(guess_the_cause().keys) == sorted(SCENARIOS)


def test_the_live_quiz_keeps_the_score_and_counts_an_answer_once() -> None:
    asking = guess_the_cause(KEYS).live()
    right = question(KEYS[0]).answer
    asking.buttons[right].click()
    asking.buttons[right].click()
    assert asking.score.value == "4 of 4 points in 1 run"
    assert "Decisive test" in asking.told.value
    asking.next.click()
    assert asking.told.value == ""
    asking.buttons[(question(KEYS[1]).answer + 1) % 4].click()
    assert asking.score.value == "4 of 8 points in 2 runs"


def test_in_the_live_quiz_a_test_costs_a_point_once_and_a_symptom_chooses_the_runs() -> None:
    asking = guess_the_cause(KEYS).live()
    asking.symptom.value = SCENARIOS[KEYS[1]].symptom
    one = question(KEYS[1])
    place = next(place for place in range(4) if one.tests[place])
    asking.tests[place].click()
    asking.tests[place].click()
    assert html.escape(one.tests[place]) in asking.seen[place].value
    asking.buttons[one.answer].click()
    assert asking.score.value == f"{POINTS - 1} of {POINTS} points in 1 run"
    asking.symptom.value = "too-good"
    assert "No run has this symptom" in asking.log.value


def test_what_is_no_question_is_refused() -> None:
    with pytest.raises(ValueError, match="key must be one of .* got 'healthy-momentun'. Did you mean"):
        guess_the_cause(["healthy-momentun"])
    with pytest.raises(ValueError, match="key must be one of .* got 'lr-too-hig'. Did you mean"):
        scenario_lab(["lr-too-hig"])


@pytest.mark.browser
@pytest.mark.xdist_group("book")
def test_the_quiz_of_the_built_page(tmp_path: Path, browser: Any) -> None:
    static, path = (ROOT / "book" / "_static").as_uri(), tmp_path / "quiz.html"
    path.write_text(
        f'<!doctype html><html lang="en"><title>t</title><meta name="viewport" content="width=device-width">'
        f'<link rel="stylesheet" href="{static}/explore.css"><script defer src="{static}/explore.js"></script>'
        f'<script defer src="{static}/quiz.js"></script>'
        f"{guess_the_cause(KEYS).static()}",
        encoding="utf8",
    )
    page = browser.new_page(viewport={"width": 375, "height": 900})
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(path.as_uri())
    first, second, _ = asked = in_order([question(key) for key in KEYS])
    for number, row in enumerate(page.locator(".choices > div").all()):
        if first.tests[number]:
            row.get_by_role("button", name="test it").click()
            assert row.locator(".reading").inner_text() == first.tests[number]
    page.get_by_role("button", name=first.choices[first.answer]).click()
    tested = sum(map(bool, first.tests))
    assert page.inner_text("output") == f"{POINTS - tested} of {POINTS} points in 1 run"
    assert first.explained[0] in page.inner_text(".told")
    page.get_by_role("button", name="next run").focus()
    page.keyboard.press("Enter")
    assert page.inner_text(".head") == f"Run 2 of 3 ({second.level}): what is the cause?"
    assert page.inner_text(".told") == ""
    assert not page.locator(".missed").is_visible()
    page.get_by_role("button", name=second.choices[(second.answer + 1) % 4]).click()
    assert page.inner_text(".missed summary") == "missed so far: 1"
    for level in {one.level for one in asked}:
        page.get_by_label("level").select_option(level)
        count = sum(one.level == level for one in asked)
        assert page.inner_text(".head") == f"Run 1 of {count} ({level}): what is the cause?"
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert errors == []
    page.close()
