"""``explore``: the same states and the same pictures in both faces; the static one driven in a real browser."""

from __future__ import annotations

import pickle
import re
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from conftest import ROOT, patience
from matplotlib.figure import Figure

from lossbook.widgets import Budget, Control, Explorer, explore
from lossbook.widgets.controls import states
from lossbook.widgets.live import Latest
from lossbook.widgets.settings import own_settings
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
    assert "xtick" not in html  # ids to which nothing refers are removed
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


def one_panel(change: Callable[[Any], Any] = lambda ax: None) -> Figure:
    figure = Figure()
    ax = figure.subplots()
    ax.plot([1, 2], [3, 4])
    ax.set(xlabel="x", xlim=(1, 2), xticks=(1, 1.5, 2), ylim=(1, 9))
    change(ax)
    return figure


@pytest.mark.parametrize(
    "change",
    [
        lambda ax: ax.set_xlim(1, 3),
        lambda ax: ax.set_yscale("log"),
        lambda ax: ax.set_yscale("symlog", linthresh=2),
        lambda ax: ax.set_xticks((1, 2)),
        lambda ax: ax.set_xticks((1, 1.5, 2), ("a", "b", "c")),
        lambda ax: ax.set_xlabel("z"),
        lambda ax: ax.grid(visible=True),
        lambda ax: ax.minorticks_on(),
        lambda ax: ax.set_position((0.2, 0.2, 0.5, 0.5)),
    ],
)
def test_axes_are_drawn_once_and_anew_where_they_differ(change: Callable[[Any], Any]) -> None:
    known: dict[Any, tuple[str, ...]] = {}
    for figure, count in ((one_panel(), 1), (one_panel(lambda ax: ax.plot([1, 2], [5, 5])), 1), (one_panel(change), 2)):
        assert picture(figure, "a", known) == picture(figure, "a")
        assert len(known) == count


def test_axes_whose_grid_needs_limits_that_no_curve_has_are_drawn() -> None:
    known: dict[Any, tuple[str, ...]] = {}
    picture(one_panel(lambda ax: ax.grid(visible=True)), "a", known)
    bare = one_panel(lambda ax: (ax.grid(visible=True), ax.lines[0].remove()))
    assert picture(bare, "a", known) == picture(bare, "a")


def test_a_picture_for_a_second_place_on_the_page_has_other_ids_and_no_other_change() -> None:
    assert picture(one_panel(), "a").renamed("a", "b") == picture(one_panel(), "b") != picture(one_panel(), "a")


def test_few_choices_are_buttons_and_many_are_a_list() -> None:
    few, many = (example(rule=list("abcde")[:count]) for count in (4, 5))
    assert few.static().count('type="radio"') == 4
    assert "<select" not in few.static()
    assert many.static().count("<option") == 5
    assert type(few.live().inputs["rule"]).__name__ == "ToggleButtons"
    assert type(many.live().inputs["rule"]).__name__ == "Dropdown"


def test_two_widgets_share_no_id_whatever_script_their_titles_are_in() -> None:
    first, second = example(), example(slope=[1, 2])
    assert first.ident != second.ident
    assert f"url(#{first.ident}-" in drawn(first, {"slope": 1})
    titles = ("学习率", "动量", "Adam: β₁", "Adam: β₂", "🙂", "🙃", "a line", "A line", "A-line", "A line!", " ", "")
    idents = [explore(line, title=title, slope=[1, 2]).ident for title in titles]
    assert len(set(idents)) == len(titles)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9-]*", ident) for ident in idents)


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


def test_after_an_error_later_requests_are_worked_on_and_the_wait_ends(capfd: pytest.CaptureFixture[str]) -> None:
    done: list[int] = []

    def work(request: int) -> None:
        done.append(request)
        if request % 2 == 0:
            raise (ArithmeticError, SystemExit)[request // 2 % 2](f"even: {request}")

    latest = Latest(work, quiet=0.0)
    for request in range(6):
        latest.ask(request)
        ended = threading.Thread(target=latest.wait, daemon=True)
        ended.start()
        ended.join(60)
        assert not ended.is_alive()
    assert done == list(range(6))
    assert re.findall(r"even: (\d)", capfd.readouterr().err) == ["0", "2", "4"]


def test_a_widget_that_can_no_longer_be_reached_does_not_stop_the_next_drawing(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    live = example().live()
    live.wait()

    def closed(*_: Any, **__: Any) -> None:
        raise RuntimeError("comm is closed")

    with monkeypatch.context() as patched:
        patched.setattr(type(live.picture), "notify_change", closed)
        live._latest.ask({"slope": 2, "rule": "a", "dots": False})
        live.wait()
    assert "comm is closed" in capfd.readouterr().err
    live.inputs["rule"].value = "b"
    live.wait()
    assert "Rule b" in live.caption.value
    live.box.close()
    live.inputs["rule"].value = "a"
    live.wait()


def test_a_drawing_changes_no_setting_and_what_the_reader_sets_meanwhile_stays() -> None:
    begun, gate = threading.Event(), threading.Event()

    def slow(slope: float) -> tuple[Figure, str]:
        with mpl.rc_context({"lines.linewidth": 3}):
            begun.set()
            assert gate.wait(60)
            figure, says = line(slope)
        plt.rcParams["lines.linewidth"] = 4
        return figure, says

    before = dict(mpl.rcParams)
    live = explore(slow, title="A line", slope=[1]).live()
    assert begun.wait(60)
    during = dict(mpl.rcParams)
    with mpl.rc_context():
        mpl.rcParams.update({"font.size": 33, "lines.linewidth": 7, "axes.grid": False})
        gate.set()
        live.wait()
        assert [mpl.rcParams[name] for name in ("font.size", "lines.linewidth", "axes.grid")] == [33, 7, False]
        assert Figure().subplots().plot([0, 1])[0].get_linewidth() == 7
    assert before == during == dict(mpl.rcParams)
    assert 'role="alert"' not in live.picture.value


def test_the_settings_of_a_drawing_are_its_own_in_four_threads() -> None:
    seen: dict[int, set[Any]] = {}

    def look(number: int) -> None:
        for _ in range(200):
            with own_settings({"lines.linewidth": number}):
                with mpl.rc_context({"font.size": 20 + number}):
                    seen.setdefault(number, set()).add((mpl.rcParams["lines.linewidth"], mpl.rcParams["font.size"]))
                seen[number].add(mpl.rcParams["font.size"])

    before = dict(mpl.rcParams)
    threads = [threading.Thread(target=look, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {number: {(number, 20 + number), before["font.size"]} for number in range(4)}
    assert dict(mpl.rcParams) == before
    assert repr(mpl.rcParams).startswith("RcParams({")
    assert dict(mpl.rcParams.copy()) == dict(pickle.loads(pickle.dumps(mpl.rcParams))) == before


def test_no_drawing_waits_for_another_that_computes() -> None:
    begun, gate, shown = threading.Event(), threading.Event(), []

    def trains(slope: float) -> tuple[Figure, str]:
        begun.set()
        assert gate.wait(60)
        return line(slope)

    live = explore(trains, title="Long", slope=[1]).live()
    assert begun.wait(60)
    other = threading.Thread(target=lambda: shown.append(drawn(example(), {"slope": 1})), daemon=True)
    other.start()
    other.join(60)
    waited = other.is_alive()
    gate.set()
    live.wait()
    assert not waited
    assert len(shown) == 1


def test_what_pyplot_made_is_not_kept() -> None:
    def render(slope: float) -> tuple[Figure, str]:
        figure, ax = plt.subplots()
        ax.plot([0, slope])
        return figure, "A line."

    before = plt.get_fignums()
    explore(render, title="A line", slope=list(range(30))).static()
    assert plt.get_fignums() == before


@pytest.mark.parametrize(
    ("made", "got"),
    [(Figure(), "Figure"), ((Figure(),), "Figure"), (("says", Figure()), "str, Figure"), (None, "NoneType")],
    ids=["no sentence", "one alone", "the wrong way round", "nothing"],
)
def test_what_is_no_figure_and_sentence_is_refused(made: Any, got: str) -> None:
    with pytest.raises(TypeError, match=f"render must give a matplotlib Figure and a sentence, got {got}."):
        explore(lambda slope: made, title="A line", slope=[1]).draw({"slope": 1})


@pytest.mark.parametrize("values", [[[1, 2], [3]], [{"a": 1}, None], [(1, 2), "b"], [{1}, {2}]])
def test_values_need_no_hash(values: list[Any]) -> None:
    explorer = explore(lambda value: line(1), title="A line", value=values)
    live = explorer.live()
    live.inputs["value"].value = values[1]
    live.wait()
    assert "<svg" in live.picture.value
    assert explorer.static().count('type="radio"') == len(values)


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
    with pytest.raises(TypeError, match="values must be such that == says whether two are the same, got ndarray. Give"):
        explore(line, title="A line", slope=[np.zeros(2), np.ones(2)])
    with pytest.raises(ValueError, match=r"values must be such that each is equal to itself, got \(nan, 1.0\)"):
        explore(line, title="A line", slope=[float("nan"), 1.0])
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
    opened.get_by_text("b", exact=True).click()
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
