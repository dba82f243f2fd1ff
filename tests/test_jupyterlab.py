"""The live widgets in a JupyterLab that is started for this test, in a real browser."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Lab, patience
from playwright.sync_api import TimeoutError

from lossbook.widgets import labs

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("jupyterlab")]
CELLS = (
    "from dataclasses import replace",  # runs at once if the kernel is ready
    "from lossbook.widgets import labs\n\nlabs.shrinkage()",
    # a training long enough to be stopped by hand
    """from lossbook.scenarios import SCENARIOS
from lossbook.widgets import scenario_lab

row = SCENARIOS["lr-too-low-creeps"]
SCENARIOS["long"] = replace(row, key="long", broken=replace(row.broken, steps=1_000_000))
scenario_lab(["long"])""",
)
LAB, BENCH = 1, 2  # their cells
VIEW = "application/vnd.jupyter.widget-view+json"
AGAIN = "The kernel that drew this is gone: run this cell again."
LIGHT = "light => document.body.dataset.jpThemeLight === light"
INKED = "([word, ink]) => getComputedStyle(word).fill === ink"
COUNTED = "([prompt, stood]) => /^\\[\\d+\\]:$/.test(prompt.textContent) && prompt.textContent !== stood"
BEFORE = "one => getComputedStyle(one, '::before').content"
AS_PARSED = """html => {
    const made = document.createElement("div");
    made.innerHTML = html;
    return made.innerHTML;
}"""


@pytest.fixture(scope="module")
def opened(jupyterlab: Lab, browser: Any) -> Iterator[Any]:
    """The notebook, open, all of its cells run."""
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.goto(jupyterlab.notebook("labs.ipynb", *CELLS))
    run(page, 0, lambda: menu(page, "Run", "Run All Cells"))
    try:
        for cell, sign in ((LAB, "svg"), (BENCH, "button")):
            output(page, cell).locator(sign).first.wait_for()
    except TimeoutError:
        pytest.fail(f"a cell did not run: {page.locator('.jp-OutputArea-output').all_inner_texts()}")
    yield page
    page.close()


@pytest.fixture(autouse=True)
def patient(opened: Any) -> None:
    """Set the page's time limits anew: the machine may be busier than when the page was opened."""
    opened.set_default_timeout(1000 * patience())


def run(page: Any, cell: int, start: Callable[[], None], tries: int = 12) -> None:
    """Start a run that begins with this cell; again if the request is lost, which happens while the kernel starts."""
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
    prompt = page.locator(".jp-Notebook-cell").nth(cell).locator(".jp-InputPrompt").first
    stood = prompt.inner_text()
    for left in reversed(range(tries)):
        start()
        try:
            page.wait_for_function(COUNTED, arg=[prompt.element_handle(), stood], timeout=1000 * patience(10))
            return
        except TimeoutError:
            if not left:
                raise


def menu(page: Any, name: str, item: str) -> None:
    page.locator(".jp-Notebook-cell").nth(len(CELLS) - 1).wait_for()
    page.locator(".lm-MenuBar-item", has_text=re.compile(f"^{name}$")).click()
    page.locator(".lm-Menu-item", has_text=re.compile(f"^{item}")).first.click()


def output(page: Any, cell: int) -> Any:
    return page.locator(".jp-Notebook-cell").nth(cell).locator(".lossbook-live")


def shows(page: Any, **state: Any) -> None:
    """Wait until the first lab shows the picture and the sentence of this state."""
    lab = labs.shrinkage()
    start = {name: one.values[one.first] for name, one in lab.controls.items()}
    picture, says = lab.draw(start | state)
    output(page, LAB).get_by_text(says, exact=True).wait_for()
    assert output(page, LAB).locator("svg").evaluate("one => one.outerHTML") == page.evaluate(AS_PARSED, str(picture))


def test_a_slider_is_moved_by_pointer_and_by_keyboard(opened: Any) -> None:
    strength = labs.shrinkage().controls["strength"]
    shows(opened)
    handle, track = output(opened, LAB).locator(".noUi-handle"), output(opened, LAB).locator(".noUi-base")
    box, grip = track.bounding_box(), handle.bounding_box()
    opened.mouse.move(grip["x"] + grip["width"] / 2, grip["y"] + grip["height"] / 2)
    opened.mouse.down()
    for part in (0.6, 0.8, 1.0):
        opened.mouse.move(box["x"] + part * box["width"], grip["y"] + grip["height"] / 2)
    opened.mouse.up()
    shows(opened, strength=strength.values[-1])
    handle.focus()
    opened.keyboard.press("ArrowLeft")
    shows(opened, strength=strength.values[-2])


def test_a_button_is_pressed(opened: Any) -> None:
    lab = labs.shrinkage()
    output(opened, LAB).get_by_role("button", name="L1", exact=True).click()
    shows(opened, penalty="L1", strength=lab.controls["strength"].values[-2])


def test_ink_follows_the_theme(opened: Any) -> None:
    word = output(opened, LAB).locator("svg text").first
    for scheme, ink in (("dark", "rgb(255, 255, 255)"), ("light", "rgb(0, 0, 0)")):
        opened.emulate_media(color_scheme=scheme)
        opened.wait_for_function(LIGHT, arg=str(scheme == "light").lower())
        opened.wait_for_function(INKED, arg=[word.element_handle(), ink])


def test_train_runs_and_is_stopped_while_the_other_lab_still_answers(opened: Any) -> None:
    bench = output(opened, BENCH)
    bench.get_by_role("button", name="train", exact=True).click()
    bench.get_by_text(re.compile(r"^step \d+ of 1000000 on \w+, \d+ steps per second")).wait_for()
    bench.locator("svg").wait_for()
    output(opened, LAB).get_by_role("button", name="L2", exact=True).click()
    shows(opened, strength=labs.shrinkage().controls["strength"].values[-2])
    bench.get_by_role("button", name="stop", exact=True).click()
    said = bench.get_by_text(re.compile(r"^Stopped after \d+ steps\.$"))
    said.wait_for()
    assert 0 < int(re.findall(r"\d+", said.inner_text())[0]) < 1_000_000


def test_after_a_restart_of_the_kernel_a_lab_says_so_and_running_the_cell_again_works(opened: Any) -> None:
    both = [output(opened, cell) for cell in (LAB, BENCH)]
    assert [one.evaluate(BEFORE) for one in both] == ["none", "none"]
    menu(opened, "Kernel", "Restart Kernel…")
    opened.get_by_role("button", name="Confirm Kernel Restart").click()
    for cell in (LAB, BENCH):
        opened.locator(".jp-Notebook-cell").nth(cell).locator(".lossbook-live.jupyter-widgets-disconnected").wait_for()
    assert [one.evaluate(BEFORE) for one in both] == [f'"{AGAIN}"'] * 2
    opened.locator(".jp-Notebook-cell").nth(LAB).locator(".cm-content").click()
    run(opened, LAB, lambda: opened.keyboard.press("Control+Enter"))
    alive = opened.locator(".jp-Notebook-cell").nth(LAB).locator(".lossbook-live:not(.jupyter-widgets-disconnected)")
    alive.locator("svg").wait_for()
    assert alive.evaluate(BEFORE) == "none"
    shows(opened)
    alive.get_by_role("button", name="L2", exact=True).click()
    shows(opened, penalty="L2")


def test_a_notebook_that_is_opened_again_shows_the_last_picture(opened: Any, jupyterlab: Lab) -> None:
    picture, file = "one => one.outerHTML", jupyterlab.root / "labs.ipynb"
    before = output(opened, LAB).locator("svg").evaluate(picture)
    menu(opened, "File", "Save Notebook")
    until(opened, lambda: held(file), "the notebook was saved without the state of the lab that it shows")
    menu(opened, "Kernel", "Shut Down Kernel")
    until(opened, lambda: not jupyterlab.asks("kernels"), "the kernel does not end")
    opened.reload()
    output(opened, LAB).locator("svg").wait_for()
    assert output(opened, LAB).locator("svg").evaluate(picture) == before


def until(page: Any, what: Callable[[], bool], complaint: str) -> None:
    end = time.monotonic() + patience()
    while not what():
        assert time.monotonic() < end, complaint
        page.wait_for_timeout(200)


def held(file: Path) -> bool:
    """Whether the file holds the lab that the cell shows; what JupyterLab saved by itself may hold an older one."""
    try:
        book = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:  # it is being written
        return False
    states = book["metadata"].get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {}).get("state", {})
    shown = [each["data"].get(VIEW, {}) for each in book["cells"][LAB]["outputs"] if "data" in each]
    return any(one.get("model_id") in states for one in shown)
