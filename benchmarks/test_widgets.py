"""How quickly a widget answers: in the built page, live, and the time that each of its frames takes at a build."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from lossbook.widgets import labs
from lossbook.widgets.controls import states
from lossbook.widgets.labs.learning_rate_lab import LRS, histories

Within = Callable[[str, float, float, str], None]
BOOK = Path(__file__).parent.parent / "_build" / "html"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
# from a key that changes a control to the start of the frame after the one that shows it, in milliseconds
WATCH = """() => {
    window.waits = [];
    document.addEventListener("keydown", event => (window.pressed = event.timeStamp), true);
    document.addEventListener("input", () => requestAnimationFrame(() => requestAnimationFrame(
        shown => window.waits.push(shown - window.pressed))), true);
}"""
SETTLED = """() => new Promise(done => {
    const next = left => left ? requestAnimationFrame(() => next(left - 1)) : done(window.waits.length);
    next(6);
})"""
FRAME = """() => new Promise(done => {
    const starts = [];
    const next = now => starts.push(now) < 60 ? requestAnimationFrame(next) : done((now - starts[0]) / 59);
    requestAnimationFrame(next);
})"""


def test_a_change_shows_within_two_frames(within: Within) -> None:
    """Every value of every control of every page, by keyboard."""
    sync_api = pytest.importorskip("playwright.sync_api")
    paths = [path for path in sorted(BOOK.rglob("*.html")) if "<loss-explore" in path.read_text()]
    if not paths:
        pytest.skip("the book is not built: make book")
    waits: list[float] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for path in paths:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(path.as_uri())
            page.wait_for_load_state("networkidle")
            frame = page.evaluate(FRAME)
            move_all(page)
            waits += [wait / frame for wait in page.evaluate("window.waits")]
            page.close()
        browser.close()
    what = f"built pages, {len(waits)} changes, from key to shown, 95th percentile of frames of {frame:.1f} ms"
    within(what, float(np.quantile(waits, 0.95)), 2, "frames")


def move_all(page: Any) -> None:
    """Each control through all its values; the page notes how long each change took to be shown."""
    page.evaluate(WATCH)
    for one in page.locator("loss-explore :is(input:not([type=radio]), select, [role=radiogroup])").all():
        kind, choices = one.get_attribute("type"), one.locator("option, input").count()
        count = choices or (2 if kind == "checkbox" else int(one.get_attribute("max")) + 1)
        (one.locator("input:checked") if one.get_attribute("role") == "radiogroup" else one).focus()
        key = {"range": "ArrowRight", "checkbox": "Space"}.get(kind, "ArrowDown")
        page.keyboard.press("Home")
        before = page.evaluate(SETTLED)
        for place in range(1, count):
            page.keyboard.press(key)
            page.wait_for_function("changes => waits.length === changes", arg=before + place)


def test_a_move_of_the_live_learning_rate_only_redraws(within: Within) -> None:
    """From the slider's new value to the new picture, the wait for further moves included; the sweep was run before."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    histories.cache_clear()
    start = time.perf_counter()
    histories(False)
    swept = time.perf_counter() - start
    live, shown, moves = labs.learning_rate().live(), [], []
    live.wait()
    live.picture.observe(lambda _: shown.append(time.perf_counter()), names="value")
    for lr in (*LRS, *LRS):
        if live.inputs["lr"].value != lr:
            start = time.perf_counter()
            live.inputs["lr"].value = lr
            live.wait()
            moves.append(shown[-1] - start)
    assert len(shown) == len(moves) >= len(LRS)
    torch.set_num_threads(threads)
    runs = len(LRS)
    what = f"live, a move of the learning rate, median ({runs} runs were swept in {1e3 * swept:.0f} ms before)"
    within(what, 1e3 * statistics.median(moves), 150, "ms")


def test_a_frame_of_the_built_page_is_drawn(within: Within) -> None:
    """Every third state of each lab, drawn for the second time, so that no training is counted."""
    times: dict[str, list[float]] = {}
    for name, lab in ((name, make()) for name, make in labs.LABS.items()):
        some = states(lab.controls)[::3]
        for state in some:
            lab.draw(state)
        for state in some:
            start = time.perf_counter()
            lab.draw(state)
            times.setdefault(name, []).append(1e3 * (time.perf_counter() - start))
    medians = {name: statistics.median(each) for name, each in times.items()}
    slowest, frames = max(medians, key=medians.__getitem__), [one for each in times.values() for one in each]
    what = (
        f"built page, one of {len(frames)} frames drawn, median (of the slowest, {slowest}: {medians[slowest]:.3g} ms)"
    )
    within(what, statistics.median(frames), 40, "ms")
