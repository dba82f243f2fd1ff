"""What holds of every page of the built book, each rule a function that returns its complaints.

A page is loaded once, on a wide screen. All rules are asked there one after the other, then those of a phone, to whose
width the window is drawn. A page with widgets, whose scripts look at width and theme, is loaded anew in each of them.
"""

from __future__ import annotations

import re
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from moved_widgets import answer_all, move_all, widgets_of
from opened_page import WIDTHS, OpenedPage
from pattern_rules import SEEN

VISITS = 10  #: of one tab, whose memory grows with each page
Rule = Callable[[OpenedPage], list[str]]
#: pages of cases of each kind, which are loaded anew in each width and theme, as whoever has a phone loads them
EVERYBODY = ("book/cases", "book/checklist", "book/cases/step_size")
SETTLED = """new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))).then(() => Promise.all(
    document.getAnimations().filter(one => one.transitionProperty).map(one => one.finished.catch(() => null))
))"""
CONTRAST = """all => all.filter(one => one.textContent.trim()).map(one => {
    const light = colour => {
        const parts = colour.match(/[\\d.]+/g).slice(0, 3).map(part => part / 255);
        const [r, g, b] = parts.map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const both = [getComputedStyle(document.body).backgroundColor, getComputedStyle(one).fill].map(light);
    return [(Math.max(...both) + 0.05) / (Math.min(...both) + 0.05), one.textContent];
})"""
PANELS = """all => all.map(one => [...one.querySelectorAll("svg")].map(svg => {
    const box = svg.getBoundingClientRect();
    return [box.left, box.top, box.right, svg.viewBox.baseVal.width];
}))"""


def quiet(reading: OpenedPage) -> list[str]:
    """Nothing is asked of another host, and nothing is thrown, from the first byte until all is quiet."""
    reading.page.wait_for_load_state("networkidle")
    return reading.elsewhere + reading.errors


def themed(reading: OpenedPage) -> list[str]:
    theme = reading.page.evaluate("document.documentElement.dataset.theme")
    return [] if theme == reading.scheme else [f"the theme is {theme}"]


def mathematics(reading: OpenedPage) -> list[str]:
    page, said = reading.page, []
    formulas, drawn = page.locator(".math").count(), page.locator("mjx-container").count()
    if drawn < formulas:
        said.append(f"{drawn} of {formulas} formulas are drawn")
    said += page.eval_on_selector_all("mjx-merror", "all => all.map(one => one.outerHTML)")
    return said + ["$$ stands in the text"] * ("$$" in page.locator("main").inner_text())


def width(reading: OpenedPage) -> list[str]:
    sizes = reading.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    return [f"{sizes[0]} pixels in a window of {sizes[1]}"] if sizes[0] > sizes[1] else []


def pictures(reading: OpenedPage) -> list[str]:
    """Each is there, and has a text alternative."""
    found = reading.page.eval_on_selector_all(
        "main .cell_output img, main figure img, main article > section > img",
        "all => all.map(i => [i.src, i.alt, i.naturalWidth])",
    )
    said = [f"{source} is not there" for source, _, wide in found if not wide > 0]
    return said + [f"{source}: {alt!r}" for source, alt, _ in found if len(alt) < 40 or alt.startswith("../_images")]


def code(reading: OpenedPage) -> list[str]:
    """No line is cut off."""
    cut = "all => all.filter(one => one.scrollWidth > one.clientWidth).map(one => one.textContent)"
    return reading.page.eval_on_selector_all("div.cell_input pre", cut)


def on_paper(reading: OpenedPage) -> list[str]:
    """The page prints on one sheet."""
    counts = {paper: reading.page.pdf(format=paper) for paper in ("A4", "Letter")}
    sheets = {paper: len(re.findall(rb"/Type\s*/Page\b", printed)) for paper, printed in counts.items()}
    return [f"{count} sheets of {paper}" for paper, count in sheets.items() if count != 1]


def judged(reading: OpenedPage, *within: str) -> list[str]:
    """What axe-core finds critical or serious in these parts of a page; it fetches no style sheet for itself."""
    found = Axe().run(reading.page, {"include": [[part] for part in within]}, {"preload": False}).response
    if not found["violations"] and not found["passes"]:
        return ["axe judged nothing"]
    grave = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
    return [f"{one['id']}: {node['html'][:200]}" for one in grave for node in one["nodes"]]


def usable(reading: OpenedPage) -> list[str]:
    return judged(reading, "article")


def usable_widgets(reading: OpenedPage) -> list[str]:
    return judged(reading, "loss-explore", "loss-quiz")


def answered(reading: OpenedPage) -> list[str]:
    """Each quiz is answered, for what is shown then is judged as well."""
    for choices in reading.page.locator("loss-quiz .choices").all():
        choices.locator("button").first.click()
    return []


def whole_widgets(reading: OpenedPage) -> list[str]:
    """Only a picture may be wider than the screen: it scrolls in its own box."""
    return width(reading) + reading.page.eval_on_selector_all(
        ":is(loss-explore, loss-quiz) :is(form, form *, figcaption, button, li, p)",
        "all => all.filter(one => one.getBoundingClientRect().right > window.innerWidth).map(one => one.outerHTML)",
    )


def ids(reading: OpenedPage) -> list[str]:
    """None stands twice, where a picture is parted into panels, too."""
    found = reading.page.eval_on_selector_all("[id]", "all => all.map(one => one.id).filter(Boolean)")
    twice = sorted(name for name, count in Counter(found).items() if count > 1)
    return twice if len(found) > 10 else [f"only {len(found)} ids"]


def ink(reading: OpenedPage) -> list[str]:
    """The words of a picture, which screen readers skip and axe does not judge: WCAG's 4.5 to 1."""
    words = reading.page.eval_on_selector_all(":is(loss-explore, loss-quiz) svg text", CONTRAST)
    return [f"{word}: {ratio:.2f} to 1" for ratio, word in words if ratio < 4.5] if words else ["no words"]


def panels(reading: OpenedPage) -> list[str]:
    """Two panels stand one below the other on a phone, and side by side again on a wide screen."""
    page, said = reading.page, []
    found = page.eval_on_selector_all("loss-explore .picture:has(svg + svg)", PANELS)
    labs = not any(name in page.url for name in ("scenarios", "quiz"))
    if bool(found) != labs:
        said.append(f"{len(found)} pictures of two panels")
    for (left, top, right, wide), (left2, top2, right2, wide2) in found:
        below = left == left2 and top2 > top and max(right, right2) <= WIDTHS["phone"]
        if not below or abs(wide + wide2 - 417.6) > 1:
            said.append(f"panels at {(left, top, right, wide)} and {(left2, top2, right2, wide2)}")
    page.set_viewport_size({"width": WIDTHS["desktop"], "height": 900})
    page.wait_for_function("!document.querySelector('.picture svg + svg')")
    page.set_viewport_size({"width": WIDTHS["phone"], "height": 900})
    page.wait_for_function(f"{'true' if labs else 'false'} === !!document.querySelector('.picture svg + svg')")
    return said


def rules_of(name: str, html: str, wide: str, scheme: str) -> dict[str, Rule]:
    """The rules about a page in a width and a theme; what changes the page comes after what looks at it."""
    widgets, found = widgets_of(html), {"themed": themed}

    def moved(reading: OpenedPage) -> list[str]:
        move_all(reading.page, widgets)
        return []

    def questions(reading: OpenedPage) -> list[str]:
        answer_all(reading.page, widgets)
        return []

    if scheme == "light":
        found |= {"mathematics": mathematics, "width": width, "pictures": pictures}
        found |= {"code": code} if "cell_input" in html else {}
    if wide == "phone":
        found |= {"usable": usable} if name in EVERYBODY else {}
        if widgets:
            found |= {"answered": answered, "whole widgets": whole_widgets, "ids": ids, "ink": ink}
            found |= {"usable widgets": usable_widgets, "panels": panels}
    elif scheme == "light":
        found |= {"on paper": on_paper} if name == "book/checklist" else {}
        found |= {"moved": moved, "questions": questions} if widgets else {}
        if name.startswith("notebooks/"):
            found |= {rule: _of_page(ask) for rule, ask in SEEN.items()}
    return found | {"quiet": quiet}


def _of_page(ask: Callable[[Any], list[str]]) -> Rule:
    return lambda reading: ask(reading.page)


class Visits:
    """The built book, each page of which is opened once.

    Args:
        book: the folder of the built book.
        browser: that opens its pages, one after the other in one tab.
    """

    def __init__(self, book: Path, browser: Any) -> None:
        self.book, self._browser = book, browser
        self._tab: OpenedPage | None = None
        self._said: dict[str, dict[tuple[str, str], dict[str, list[str]]]] = {}

    def said(self, name: str, wide: str, scheme: str = "light") -> dict[str, list[str]]:
        """Rule -> its complaints about this page."""
        if name not in self._said:
            self._said[name] = self._visit(name)
        return self._said[name][wide, scheme]

    def all_said(self, names: list[str], rule: str, *seen: tuple[str, str]) -> dict[str, list[str]]:
        """Page, width and theme -> the complaints of this rule, where it has some."""
        said = {f"{name}-{wide}-{scheme}": self.said(name, wide, scheme) for name in names for wide, scheme in seen}
        return {where: found[rule] for where, found in said.items() if found[rule]}

    def _visit(self, name: str) -> dict[tuple[str, str], dict[str, list[str]]]:
        path = self.book / f"{name}.html"
        html, said = path.read_text(), dict[tuple[str, str], dict[str, list[str]]]()
        anew = bool(widgets_of(html)) or name in EVERYBODY  # its scripts may do otherwise where they find another page
        dark = [("phone", "dark")] if anew else []
        tab, self._tab = self._tab or OpenedPage(self._browser), None
        try:
            for wide, scheme in [("desktop", "light"), ("phone", "light"), *dark]:
                tab.change(WIDTHS[wide], scheme)
                if not said or anew:
                    tab.goto(path.as_uri())
                tab.page.evaluate(SETTLED)
                said[wide, scheme] = self._asked(tab, rules_of(name, html, wide, scheme))
        except BaseException:
            tab.page.close()
            raise
        if tab.visits < VISITS:
            self._tab = tab
        else:
            tab.page.close()
        return said

    @staticmethod
    def _asked(tab: OpenedPage, rules: dict[str, Rule]) -> dict[str, list[str]]:
        said = {}
        for rule, ask in rules.items():
            try:
                said[rule] = ask(tab)
            except Exception as error:  # of one rule: the others are asked as well
                said[rule] = [*traceback.format_exception(error)[-2:]]
        return said

    def close(self) -> None:
        if self._tab is not None:
            self._tab.page.close()
