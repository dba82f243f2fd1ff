"""The widgets of a built page that a browser has opened: each control is moved, and each question answered.

The expected content is computed here from the data inside each element, not by the page's own script.
"""

from __future__ import annotations

import json
import re
from typing import Any

ELEMENT = re.compile(r"<loss-(explore|quiz)\b.*?</loss-\1>", re.DOTALL)
DATA = re.compile(r'<script type="application/json">(.*?)</script>', re.DOTALL)
LOOK = """form => [...form.querySelectorAll("input:not([type=radio]), select, [role=radiogroup]")].map(one => ({
    id: one.id,
    kind: one.type ?? "buttons",
    count: one.type === "range" ? Number(one.max) + 1 : one.type === "checkbox" ? 2
        : (one.options ?? one.querySelectorAll("input")).length,
    place: one.type === "range" ? Number(one.value) : one.type === "checkbox" ? Number(one.checked)
        : one.options ? one.selectedIndex : [...one.querySelectorAll("input")].findIndex(radio => radio.checked),
    names: one.dataset.names ? JSON.parse(one.dataset.names) : null,
    told: one.getAttribute("aria-valuetext"),
    written: one.parentNode.querySelector("output")?.textContent ?? null,
}))"""
AS_PARSED = """all => all.map(html => {
    const made = document.createElement("div");
    made.innerHTML = html;
    return made.innerHTML;
})"""

#: what a quiz shows before an answer, and what it says to one
ASKED = """quiz => {
    const texts = path => [...quiz.querySelectorAll(path)].map(one => one.textContent);
    return [quiz.querySelector(".head").innerText, quiz.querySelector(".picture").innerHTML,
        texts("ul:not(details ul) > li"), texts(".choices button:first-child"), texts(".told")];
}"""
ANSWERED = """quiz => [[...quiz.querySelectorAll(".told > *")].map(one => one.textContent),
    quiz.querySelector("output").textContent]"""


def widgets_of(html: str) -> list[str]:
    """The HTML of each widget of a page."""
    return [hit.group() for hit in ELEMENT.finditer(html)]


def data_of(widget: str) -> Any:
    hit = DATA.search(widget)
    assert hit is not None
    return json.loads(hit.group(1))


class Moved:
    """One explorer of an open page, and what it should show."""

    def __init__(self, page: Any, widget: str) -> None:
        self.page, self.data = page, data_of(widget)
        ident = re.search(r'id="([^"]+)"', widget)
        assert ident is not None
        self.root = page.locator(f'[id="{ident.group(1)}"]')
        self.form = self.root.locator("form")
        self.seen: dict[int, tuple[str, str]] = {}
        data = self.data
        pictures = [
            data["opens"][data["open"][state]] + "".join(data["pieces"][piece] for piece in frame) + "</svg>"
            for state, frame in enumerate(data["frames"])
        ]
        self.expected, self.says = page.evaluate(AS_PARSED, pictures), page.evaluate(AS_PARSED, data["says"])
        self.start = self.places()
        count = 1
        for control in self.controls():
            count *= control["count"]
        assert count == len(pictures) == len(data["says"])
        assert sorted(set(data["open"])) == list(range(len(data["opens"])))

    def controls(self) -> list[dict[str, Any]]:
        return self.form.evaluate(LOOK)

    def places(self) -> list[int]:
        return [control["place"] for control in self.controls()]

    def look(self, index: int, place: int | None) -> int:
        """Check all that is shown, with one control at this value and the others at their start; returns its place."""
        shown, says, controls = self.root.evaluate(
            f"root => [root.querySelector('.picture').innerHTML, root.querySelector('figcaption').innerHTML,"
            f" ({LOOK})(root.querySelector('form'))]"
        )
        state, at = 0, controls[index]["place"]
        assert place is None or at == place, controls[index]
        for control, start in zip(controls, self.start, strict=True):
            assert control["place"] == (at if control is controls[index] else start)
            state = state * control["count"] + control["place"]
            if control["names"]:
                assert control["told"] == control["written"] == control["names"][control["place"]]
        assert shown == self.expected[state], f"{controls[index]['id']} at {at}"
        assert says == self.says[state]
        self.seen[at] = (shown, says)
        return at

    def move(self, index: int) -> None:
        """Move one control through all its values, forwards and back, and then to its start."""
        control, self.seen = self.controls()[index], {}
        one = self.form.locator(f'[id="{control["id"]}"]')
        how = {"range": self._range, "select-one": self._select, "checkbox": self._box, "buttons": self._buttons}
        how[control["kind"]](index, control, one)
        assert sorted(self.seen) == list(range(control["count"]))
        assert control["count"] == 1 or len(set(self.seen.values())) > 1, f"{control['id']} changes nothing"
        assert self.places() == self.start

    def _keys(self, index: int, control: dict[str, Any], one: Any, onward: str, back: str) -> None:
        press, last = self.page.keyboard.press, control["count"] - 1
        one.focus()
        press("Home")
        self.look(index, 0)
        for place in range(1, last + 1):
            press(onward)
            self.look(index, place)
        press(onward)  # no further
        for place in range(last, self.start[index], -1):
            self.look(index, place)
            press(back)
        self.look(index, self.start[index])

    def _range(self, index: int, control: dict[str, Any], one: Any) -> None:
        last, mouse = control["count"] - 1, self.page.mouse
        one.scroll_into_view_if_needed()
        box = one.bounding_box()
        left, right, y = box["x"] + 3, box["x"] + box["width"] - 3, box["y"] + box["height"] / 2
        mouse.click(right, y)
        self.look(index, last)
        mouse.click(left, y)
        self.look(index, 0)
        mouse.down()
        mouse.move(left + (right - left) / 4, y)
        quarter = self.look(index, None)
        mouse.move((left + right) / 2, y)
        middle = self.look(index, None)
        mouse.up()
        assert abs(quarter - last / 4) <= 1
        assert abs(middle - last / 2) <= 1
        self._keys(index, control, one, "ArrowRight", "ArrowLeft")
        button = self.root.locator(f'[data-plays="{control["id"]}"]')
        if button.count():
            self._play(index, last, one, button)

    def _play(self, index: int, last: int, one: Any, button: Any) -> None:
        """The last two values as a film, started by keyboard; then, from the start again, stopped by pointer."""
        press = self.page.keyboard.press
        one.focus()
        press("End")
        press("ArrowLeft")
        button.focus()
        press("Enter")
        self.page.wait_for_function("one => one.value === one.max", arg=one.element_handle())
        self.look(index, last)
        self.page.wait_for_function("one => one.textContent === 'play'", arg=button.element_handle())
        button.click()
        assert button.inner_text() == "stop"
        button.click()
        assert button.inner_text() == "play"
        self.look(index, None)
        one.focus()
        press("Home")
        for _ in range(self.start[index]):
            press("ArrowRight")

    def _select(self, index: int, control: dict[str, Any], one: Any) -> None:
        self._keys(index, control, one, "ArrowDown", "ArrowUp")
        one.select_option(index=control["count"] - 1)
        self.look(index, control["count"] - 1)
        one.select_option(index=self.start[index])

    def _buttons(self, index: int, control: dict[str, Any], one: Any) -> None:
        """By pointer, from the first to the last; and back by keyboard, which goes round."""
        last = control["count"] - 1
        for place in range(last + 1):
            one.locator("label").nth(place).click()
            self.look(index, place)
        self.page.keyboard.press("ArrowRight")
        self.look(index, 0)
        self.page.keyboard.press("ArrowLeft")
        for place in range(last, self.start[index], -1):
            self.look(index, place)
            self.page.keyboard.press("ArrowLeft")
        self.look(index, self.start[index])

    def _box(self, index: int, control: dict[str, Any], one: Any) -> None:
        start = self.start[index]
        one.focus()
        for place in (1 - start, start):
            self.page.keyboard.press("Space")
            self.look(index, place)
        one.click()
        self.look(index, 1 - start)
        self.form.locator(f'label[for="{control["id"]}"]').click()
        self.look(index, start)


def move_all(page: Any, widgets: list[str]) -> None:
    """Move every control of every explorer through all its values, by keyboard and by pointer."""
    for widget in widgets:
        if widget.startswith("<loss-explore"):
            moved = Moved(page, widget)
            for index in range(len(moved.start)):
                moved.move(index)


def answer_all(page: Any, widgets: list[str]) -> None:
    """Answer every question of every quiz: in turn right by keyboard, wrong by pointer."""
    for number, widget in enumerate(widget for widget in widgets if widget.startswith("<loss-quiz")):
        _answer(page, page.locator("loss-quiz").nth(number), data_of(widget))


def _answer(page: Any, quiz: Any, data: Any) -> None:
    press, right = page.keyboard.press, 0
    questions, most = data["questions"], data["points"]
    pictures = page.evaluate(AS_PARSED, [one["picture"] for one in questions])
    assert len(set(pictures)) > 1
    for place, one in enumerate(questions):
        named = f"Run {place + 1} of {len(questions)} ({one['level']})"
        head, picture, readings, choices, told = quiz.evaluate(ASKED)
        assert head == f"{named}: what is the cause?"
        assert picture == pictures[place]
        assert readings == one["readings"]
        assert choices == one["choices"]
        assert told == [""]
        buttons, well = quiz.locator(".choices button:first-child"), place % 2 == 0
        if well:
            buttons.nth(one["answer"]).focus()
            press("Enter")
            press("Enter")  # an answer counts once
        else:
            buttons.nth((one["answer"] + 1) % len(one["choices"])).click()
        right += well
        expected = ["Right." if well else "No.", *one["explained"], "its case file"]
        told, points = quiz.evaluate(ANSWERED)
        assert told[: len(expected)] == expected
        runs = "1 run" if place == 0 else f"{place + 1} runs"
        assert points == f"{most * right} of {most * (place + 1)} points in {runs}"
        onward = quiz.get_by_role("button", name="next run")
        if well:
            onward.click()
        else:
            onward.focus()
            press("Space")
    assert quiz.locator(".head").inner_text().startswith("Run 1 of")
