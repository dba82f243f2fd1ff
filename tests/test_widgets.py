"""``explore``: the same states and the same pictures in both faces; the static one driven in a real browser."""

from __future__ import annotations

import re
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT, patience
from matplotlib.figure import Figure

from lossbook.widgets import Budget, Control, Explorer, explore
from lossbook.widgets.controls import states
from lossbook.widgets.live import Latest
from lossbook.widgets.svg import picture


def in_browser(test: Any) -> Any:
    return pytest.mark.browser(pytest.mark.xdist_group("book")(test))


def line(slope: float, rule: str = "a", dots: bool = False) -> tuple[Figure, str]:
    figure = Figure(figsize=(4, 3))
    ax = figure.subplots()
    ax.plot([0, 1], [0, slope], "o-" if dots else "-")
    ax.set(xlabel="x (m)", ylabel="y (m)", title=rule, xlim=(0, 1), ylim=(0, 4))
    if slope == 13:
        raise ArithmeticError("13 < unlucky")
    return figure, f"Rule {rule}: a line that rises by {slope} m{' with dots' * dots}."


def example(**changed: Any) -> Explorer:
    return explore(
        line, title="A line", play="slope", **{"slope": [1, 2, 3], "rule": ["a", "b"], "dots": False} | changed
    )


def drawn(explorer: Explorer, state: dict[str, Any]) -> str:
    return str(explorer.draw(state)[0])


def test_both_faces_show_the_same_pictures() -> None:
    explorer = example()
    live = explorer.live()
    for state in states(explorer.controls):
        for name, value in state.items():
            live.inputs[name].value = value
        live.wait()
        assert live.picture.value == drawn(explorer, state)
        assert line(**state)[1] in live.caption.value


def test_a_picture_is_the_same_at_every_build_and_its_states_share_pieces() -> None:
    html = example().static()
    assert html == example().static()
    assert "xtick" not in html  # ids that nobody refers to
    one = example(slope=[1], rule=["a"], dots=[False]).static()
    assert len(html) < 3 * len(one)


def test_ink_follows_the_theme() -> None:
    html = example().static()
    assert "currentColor" in html
    assert "#000000" not in html


def test_what_a_figure_says_stays_as_it_is() -> None:
    figure = Figure()
    ax = figure.subplots()
    ax.set(xlim=(0, 1), xticks=(0.15, 0.25), yscale="log", ylim=(1e-4, 1), yticks=(1e-3,), xlabel="x of L2 C M")
    words = re.findall(r">([^<>]+)<", str(picture(figure)))
    assert {"0.15", "0.25", "x of L2 C M"} <= set(words)
    assert "10−3" in "".join(words)  # a number with an exponent is set digit by digit


def test_a_drawn_figure_is_left_as_it_was() -> None:
    figure, _ = line(2)
    canvas, dpi = figure.canvas, figure.dpi
    picture(figure)
    assert figure.canvas is canvas
    assert figure.dpi == dpi
    assert figure.patch.get_visible()
    assert all(ax.patch.get_visible() for ax in figure.axes)


def test_two_widgets_share_no_id() -> None:
    first, second = example(), example(slope=[1, 2])
    assert first.ident != second.ident
    assert f"url(#{first.ident}-" in drawn(first, {"slope": 1})


def test_the_face_depends_on_who_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOSSBOOK_FACE", raising=False)
    live = example()._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in live
    assert "text/html" not in live
    monkeypatch.setenv("LOSSBOOK_FACE", "static")
    static = example()._repr_mimebundle_()
    assert static["text/html"].startswith("<loss-explore")
    assert "application/vnd.jupyter.widget-view+json" not in static


def test_an_error_is_shown_inside_the_widget_and_the_next_state_works() -> None:
    live = example(slope=[1, 13]).live()
    live.inputs["slope"].value = 13
    live.wait()
    assert 'role="alert"' in live.picture.value
    assert "ArithmeticError: 13 &lt; unlucky" in live.picture.value
    assert "in line" in live.caption.value
    live.inputs["slope"].value = 1
    live.wait()
    assert "<svg" in live.picture.value


def test_the_last_request_wins_and_overtaken_ones_are_never_begun() -> None:
    begun, gate = [], threading.Event()

    def work(request: int) -> None:
        begun.append(request)
        gate.wait(patience())

    latest = Latest(work, quiet=0.01)
    latest.ask(0)
    while not begun:
        time.sleep(0.001)
    for request in range(1, 6):
        latest.ask(request)
    gate.set()
    latest.wait()
    assert begun == [0, 5]


@pytest.mark.parametrize(
    ("controls", "words"),
    [
        ({"slope": range(300)}, r"at most 200 states, got 1200 \(slope 300 × rule 2 × dots 2\). Give slope fewer"),
        ({"slope": [1, 1]}, r"values must be at least one, all different, got \(1, 1\)"),
        ({"slope": []}, r"values must be at least one, all different, got \(\)"),
    ],
)
def test_what_cannot_be_drawn_ahead_is_refused(controls: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        example(**controls).static()


def test_other_refusals() -> None:
    with pytest.raises(ValueError, match="at least one control, got none"):
        explore(line, title="A line")
    with pytest.raises(ValueError, match="play must be one of 'slope', got 'rule'"):
        explore(line, title="A line", play="rule", slope=[1], rule=["a"])
    with pytest.raises(TypeError, match="slope must be a list of values, True or False, or a Control, got 3"):
        explore(line, title="A line", slope=3)
    with pytest.raises(ValueError, match=r"at most 1000 characters, got \d+. Give slope fewer values"):
        explore(line, title="A line", slope=[1, 2], budget=Budget(bytes=1000)).static()
    with pytest.raises(ValueError, match=r"values of a toggle must be \(False, True\), got \(0, 1, 2\)"):
        Control((0, 1, 2), kind="toggle")
    with pytest.raises(ValueError, match=r"start must be one of \(1, 2\), got 3"):
        Control((1, 2), start=3)
    with pytest.raises(ValueError, match="kind must be one of 'slider', 'choice', 'toggle', got 'knob'"):
        Control((0, 1), kind="knob")


def page(folder: Path) -> str:
    static = (ROOT / "book" / "_static").as_uri()
    html = f"""<!doctype html><html lang="en"><title>t</title><meta name="viewport" content="width=device-width">
    <link rel="stylesheet" href="{static}/explore.css"><script defer src="{static}/explore.js"></script>
    {example().static()}"""
    (folder / "page.html").write_text(html, encoding="utf8")
    return (folder / "page.html").as_uri()


@in_browser
def test_controls_by_keyboard_change_picture_sentence_and_value(tmp_path: Path, browser: Any) -> None:
    opened = browser.new_page(viewport={"width": 375, "height": 700})
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.goto(page(tmp_path))
    slider = opened.get_by_label("slope")
    slider.focus()
    opened.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") == "2"
    assert opened.inner_text("figcaption") == "Rule a: a line that rises by 2 m."
    opened.get_by_label("rule").select_option("b")
    opened.get_by_label("dots").check()
    assert opened.inner_text("figcaption") == "Rule b: a line that rises by 2 m with dots."
    shown = re.sub("></(use|path|rect)>", "/>", opened.inner_html(".picture"))
    state = {"slope": 2, "rule": "b", "dots": True}
    assert shown == drawn(example(), state)
    assert opened.evaluate("document.documentElement.scrollWidth") <= 375
    assert errors == []
    opened.close()


@in_browser
def test_play_runs_to_the_end_and_can_be_stopped(tmp_path: Path, browser: Any) -> None:
    opened = browser.new_page()
    opened.goto(page(tmp_path))
    button = opened.get_by_role("button")
    button.click()
    assert button.inner_text() == "stop"
    opened.wait_for_function("document.querySelector('button').textContent === 'play'")
    assert opened.inner_text("output") == "3"
    button.click()  # from the start again
    button.click()
    assert opened.inner_text("output") == "1"
    opened.close()


@in_browser
def test_without_javascript_and_on_paper_the_first_state_stands_there(tmp_path: Path, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto(page(tmp_path))
    assert opened.locator("svg").count() == 1
    assert not opened.get_by_role("slider").is_visible()
    context.close()
    opened = browser.new_page()
    opened.goto(page(tmp_path))
    opened.emulate_media(media="print")
    assert opened.locator("svg").is_visible()
    assert not opened.get_by_role("slider").is_visible()
    opened.close()
