"""The scenario lab and the quiz: both faces, the live one trained, stopped and in trouble."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import ROOT

from lossbook.scenarios import SCENARIOS, scenario
from lossbook.widgets import guess_the_cause, scenario_lab, trial
from lossbook.widgets.quiz import question
from lossbook.widgets.scenario_lab import Bench, knobs

KEYS = ["lr-too-high-oscillates", "lr-too-low-creeps", "adam-eps-too-large"]


def click(bench: Bench, name: str) -> None:
    bench.buttons[name].click()
    bench.wait()


def test_train_test_and_show_the_fix() -> None:
    bench = scenario_lab(KEYS).live()
    bench.device.value = "cpu"
    bench.guess.index = 1
    click(bench, "train")
    assert bench.history is not None
    assert bench.history.loss == trial.trained(scenario(KEYS[0]).experiment("broken", 0, "cpu")).loss
    assert bench.bar.value == bench.bar.max == 200
    assert "steps per second" in bench.status.value
    assert "on cpu" in bench.status.value
    assert "oscillating" in bench.caption.value
    assert "You predicted: it will look as before" in bench.caption.value
    click(bench, "test")
    assert "positive" in bench.status.value
    click(bench, "show the fix")
    assert "optimizer.lr: 1.0 → 0.05" in bench.status.value
    assert "healthy" in bench.caption.value


def test_the_knob_is_what_is_trained_with() -> None:
    bench = scenario_lab(KEYS).live()
    bench.device.value = "cpu"
    assert knobs(scenario(KEYS[0])) == [1.0, 0.8, 1.2, 0.05]
    bench.knob.index = 3
    click(bench, "train")
    assert bench.history is not None
    assert set(bench.history.lr) == {0.05}


def test_stop_ends_a_training_and_keeps_what_it_has() -> None:
    stop, seen = threading.Event(), []

    def report(progress: trial.Progress) -> None:
        seen.append(progress.step)
        stop.set()

    history = trial.train(scenario(KEYS[0]).experiment("broken", 0, "cpu"), report, stop)
    assert history.interrupted
    assert 0 < len(history.loss) < 200
    assert seen[0] == 1


def test_a_device_that_is_not_there_gets_a_sentence() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    bench = scenario_lab(KEYS).live()
    bench.device.value = "cuda"
    click(bench, "train")
    assert "device must be one that this machine has, got &#x27;cuda&#x27;" in bench.status.value
    assert "Traceback" not in bench.status.value


def test_out_of_memory_is_explained() -> None:
    words = trial.in_words(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate"), "cuda")
    assert words == "The device 'cuda' ran out of memory. Close what else uses it, or choose the device \"cpu\"."


def test_another_scenario_starts_afresh() -> None:
    bench = scenario_lab(KEYS).live()
    bench.scenario.value = KEYS[1]
    assert SCENARIOS[KEYS[1]].title in bench.caption.value
    assert bench.knob.options[0] == "optimizer.lr = 0.001"


def test_the_static_face_holds_both_runs_the_test_and_the_change() -> None:
    explorer = scenario_lab(KEYS).static()
    html = explorer.static()
    for key in KEYS:
        assert SCENARIOS[key].title in html
        says = explorer.draw({"scenario": key, "fix": True})[1]
        assert trial.found(key, "broken").reading in says
        assert trial.the_change(SCENARIOS[key]) in says


def test_a_question_has_its_answer_among_suspects_of_the_same_symptom() -> None:
    from lossbook.causes import CAUSES

    for key in KEYS:
        one, row = question(key), SCENARIOS[key]
        assert row.cause is not None
        assert one.choices[one.answer] == CAUSES[row.cause].title
        assert len(set(one.choices)) == 4
        assert len(one.readings) == 4
    assert len({question(key).answer for key in KEYS}) > 1


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
    with pytest.raises(ValueError, match="a question must have a cause, got the healthy run 'healthy-momentum'"):
        guess_the_cause(["healthy-momentum"])
    with pytest.raises(ValueError, match="key must be one of .* got 'lr-too-hig'. Did you mean"):
        scenario_lab(["lr-too-hig"])


@pytest.mark.browser
@pytest.mark.xdist_group("book")
def test_the_quiz_of_the_built_page(tmp_path: Path, browser: Any) -> None:
    static, path = (ROOT / "book" / "_static").as_uri(), tmp_path / "quiz.html"
    path.write_text(
        f'<!doctype html><html lang="en"><title>t</title><meta name="viewport" content="width=device-width">'
        f'<link rel="stylesheet" href="{static}/explore.css"><script defer src="{static}/quiz.js"></script>'
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
