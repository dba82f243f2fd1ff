"""The scenario lab and the quiz: static and live, the live one trained, stopped and with errors."""

from __future__ import annotations

import itertools
import threading
import time
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import ROOT, patience

from lossbook.causes import CAUSES
from lossbook.loop import Loop
from lossbook.scenarios import SCENARIOS, scenario
from lossbook.symptoms import SYMPTOMS
from lossbook.widgets import guess_the_cause, scenario_lab, trial
from lossbook.widgets.quiz import question
from lossbook.widgets.workbench import Workbench, knobs

KEYS = ["lr-too-high-oscillates", "lr-too-low-creeps", "adam-eps-too-large"]
HEALTHY = "healthy-momentum"


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
    assert "positive" in workbench.status.value
    click(workbench, "show the fix")
    assert "optimizer.lr: 1.0 → 0.05" in workbench.status.value
    assert trial.named(workbench.row) in workbench.status.value
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
    assert trial.seen(scenario(KEYS[1]), history) in workbench.caption.value


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
    assert workbench.knob.options == ("as it stands",)
    click(workbench, "show the fix")
    assert "Nothing is wrong" in workbench.status.value
    assert "→" not in workbench.status.value


def test_the_decisive_tests_find_nothing_on_a_healthy_run() -> None:
    workbench = scenario_lab([HEALTHY]).live()
    click(workbench, "test")
    assert f"Of the {len(CAUSES)} decisive tests none found" in workbench.status.value


def test_the_knob_is_what_is_trained_with() -> None:
    workbench = scenario_lab(KEYS).live()
    workbench.device.value = "cpu"
    assert knobs(scenario(KEYS[0])) == [1.0, 0.8, 1.2, 0.05]
    workbench.knob.index = 3
    click(workbench, "train")
    assert workbench.history is not None
    assert set(workbench.history.lr) == {0.05}


def test_stop_ends_a_training_and_keeps_what_it_has() -> None:
    stop, seen = threading.Event(), []

    def report(progress: trial.Progress) -> None:
        seen.append(progress.step)
        stop.set()

    history = trial.train(scenario(KEYS[0]).experiment("broken", 0, "cpu"), report, stop)
    assert history.interrupted
    assert 0 < len(history.loss) < 200
    assert seen[0] == 1


@pytest.mark.parametrize("key", [KEYS[0], HEALTHY])
@pytest.mark.parametrize("steps", [0, 1, 230])
def test_stop_ends_a_test_wherever_it_is(monkeypatch: pytest.MonkeyPatch, key: str, steps: int) -> None:
    """Before the first step, in the run itself, and in a training of the probe, after a run of 200 steps."""
    workbench, taken = scenario_lab([key]).live(), []
    workbench.wait()
    shown, step = workbench.caption.value, Loop.step

    def counted(self: Loop, training: Any, x: Any, y: Any) -> Any:
        taken.append(1)
        if len(taken) > steps:
            workbench.buttons["stop"].click()
        return step(self, training, x, y)

    monkeypatch.setattr(Loop, "step", counted)
    click(workbench, "test")
    assert workbench.status.value == "<p>Stopped before the test had ended.</p>"
    assert steps < len(taken) <= steps + 2
    assert workbench.caption.value == shown
    monkeypatch.undo()
    click(workbench, "show the fix")
    assert trial.named(workbench.row) in workbench.status.value


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


def test_a_device_that_is_not_there_gets_a_sentence() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    workbench = scenario_lab(KEYS).live()
    workbench.device.value = "cuda"
    click(workbench, "train")
    assert "device must be one that this machine has, got &#x27;cuda&#x27;" in workbench.status.value
    assert "Traceback" not in workbench.status.value


def test_out_of_memory_is_explained() -> None:
    words = trial.in_words(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate"), "cuda")
    assert words == "The device 'cuda' ran out of memory. Close what else uses it, or choose the device \"cpu\"."


def test_another_scenario_starts_afresh() -> None:
    workbench = scenario_lab(KEYS).live()
    workbench.scenario.value = KEYS[1]
    assert SYMPTOMS["slow"] in workbench.caption.value
    assert workbench.knob.options[0] == "as it stands"
    assert workbench.knob.options[-1] == "optimizer.lr = 0.05"


def test_the_names_say_what_is_seen_and_not_why() -> None:
    named = trial.names(list(SCENARIOS))
    assert sorted(named.values()) == sorted(SCENARIOS)
    symptoms = [name.rpartition(" ")[0] for name in named]
    assert all(SCENARIOS[key].symptom == symptom for key, symptom in zip(named.values(), symptoms, strict=True))
    assert [symptom for symptom, _ in itertools.groupby(symptoms)] == [s for s in SYMPTOMS if s in symptoms]
    assert list(scenario_lab(KEYS).live().scenario.options) == list(trial.names(KEYS).items())


def test_the_static_face_tells_the_cause_with_the_fix_alone() -> None:
    keys = [*KEYS, HEALTHY]
    explorer = scenario_lab(keys)
    form = explorer.static().split("<script")[0]
    for name, key in trial.names(keys).items():
        first, then = (explorer.draw({"run": name, "fix": fix})[1] for fix in (False, True))
        assert name in form
        assert not any(word in form or word in first for word in before_the_guess(key))
        assert trial.named(SCENARIOS[key]) in then
        if key != HEALTHY:
            assert trial.found(key, "broken").sentence in then
            assert trial.the_change(SCENARIOS[key]) in then


def test_a_question_has_its_answer_among_suspects_of_the_same_symptom() -> None:
    for key in KEYS:
        one, row = question(key), SCENARIOS[key]
        assert row.cause is not None
        assert one.choices[one.answer] == CAUSES[row.cause].title
        assert len(set(one.choices)) == 4
        assert len(one.readings) == 4
        assert not any(word in line for word in before_the_guess(key) for line in one.readings)
    assert len({question(key).answer for key in KEYS}) > 1


def test_nothing_is_wrong_is_an_answer_and_sometimes_the_right_one() -> None:
    one = question(HEALTHY)
    assert one.choices[one.answer] == "Nothing is wrong"
    assert len(set(one.choices)) == 4
    assert SCENARIOS[HEALTHY].title in one.explained[0]
    assert "The loss falls as it should" in one.explained[1]
    assert "healthy" not in " ".join(one.readings)
    offered = {
        key: trial.suspects(row, np.random.default_rng(zlib.crc32(key.encode()))) for key, row in SCENARIOS.items()
    }
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
    assert asking.score.value == "1 of 1 right"
    assert "Decisive test" in asking.told.value
    asking.next.click()
    assert asking.told.value == ""
    asking.buttons[(question(KEYS[1]).answer + 1) % 4].click()
    assert asking.score.value == "1 of 2 right"


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
    one = question(KEYS[0])
    page.get_by_role("button", name=one.choices[one.answer]).click()
    assert page.inner_text("output") == "1 of 1 right"
    assert one.explained[0] in page.inner_text(".told")
    page.get_by_role("button", name="next question").focus()
    page.keyboard.press("Enter")
    assert page.inner_text(".head") == "Run 2 of 3: what is the cause?"
    assert page.inner_text(".told") == ""
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert errors == []
    page.close()
