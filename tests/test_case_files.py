"""The case files, the wall and the checklist: complete, linked, and in the built page usable by everybody."""

from __future__ import annotations

import gzip
import re
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import lossbook_case_words as words
import pytest
from conftest import ROOT
from lossbook_case_pages import alike, changed, pages
from lossbook_case_rates import measured
from lossbook_cases import write
from lossbook_checklist import checklist
from opened_page import WIDTHS, OpenedPage
from page_rules import EVERYBODY

from lossbook.causes import CAUSES, FAMILIES, SOURCES, WRITTEN, suspects
from lossbook.probes import ALSO
from lossbook.scenarios import SCENARIOS
from lossbook.snippets import SNIPPETS
from lossbook.symptoms import SYMPTOMS
from lossbook.widgets import case_file, trial, wall
from lossbook.widgets.case_links import PAGES, address_of_case, case_of_run
from lossbook.widgets.small_curves import sparkline

LINK = re.compile(r"\]\(([^()\s]+\.md)(?:#([^()\s]+))?\)")
ANCHOR = re.compile(r"^\((\S+)\)=$", re.MULTILINE)
TYPED = ["2.30", "2.303", "0.693", "nan", "mask", "detect_anomaly", "loss not decreasing", "zero_grad"]
TYPED += ["clip_grad_norm_"]
WEIGHT = 150 * 1024  # bytes of a page, gzipped


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Path in ``book/`` -> text, of all pages that are written at a build, and of the wall."""
    made = {f"cases/{name}.md": text for name, text in pages().items()}
    return {**made, "checklist.md": checklist(), "cases.md": (ROOT / "book/cases.md").read_text(encoding="utf-8")}


def sections(text: str) -> dict[str, str]:
    """Anchor -> what stands below it."""
    parts = re.split(ANCHOR, text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_cause_has_its_section_with_all_that_is_known_of_it(texts: dict[str, str]) -> None:
    for family in FAMILIES:
        rows = import_module(f"lossbook.causes.{family}").ROWS
        found = sections(texts[f"cases/{family}.md"])
        assert list(found) == [f"case-{row.key}" for row in rows]
        for row in rows:
            text = found[f"case-{row.key}"]
            assert text.startswith(f"\n## {row.title}\n")
            one = SNIPPETS[row.key]
            runs = [key for key, scenario in SCENARIOS.items() if scenario.cause == row.key]
            said = [row.test, row.fix, one.seen, words.CAUSE_WORDS[row.key]]
            said = [*map(words.in_markdown, said), one.test.strip(), changed(one.bug, one.fix)]
            said += [f'"{key}"' for key in runs] + [SOURCES[key][1] for key in row.sources]
            said += [f"[{code}]" for code in row.symptoms]
            assert [part for part in said if part not in text] == []
            assert ("Explained in" in text) == (row.chapter in WRITTEN)
            assert all(f"#case-{other}" in text for other in alike(row))
            assert all(f"#case-{cause}" in text for cause, probe in ALSO if probe == row.key)
            assert all(f"#case-{probe}" in text for cause, probe in ALSO if cause == row.key)


def test_every_run_stands_in_one_case_file_and_hangs_on_the_wall_once(texts: dict[str, str]) -> None:
    filed = re.findall(r'"([a-z0-9-]+)"', "".join(re.findall(r"case_file\(.*\)", "".join(texts.values()))))
    assert sorted(filed) == sorted(SCENARIOS)
    calls = re.findall(r'widgets\.wall\("([a-z-]+)"(, sound=True)?\)', texts["cases.md"])
    hung = [key for code, sound in calls for key in wall(code, sound=bool(sound)).runs.values()]
    assert sorted(hung) == sorted(SCENARIOS)
    assert {code for code, _ in calls} == set(SYMPTOMS)
    for code in set(SYMPTOMS) - {"healthy"}:
        assert f"## {code}\n\n{SYMPTOMS[code]} " in texts["cases.md"]


def test_every_link_between_these_pages_leads_to_an_anchor(texts: dict[str, str]) -> None:
    count = 0
    for path, text in texts.items():
        for address, anchor in LINK.findall(text):
            target = (ROOT / "book" / path).parent.joinpath(address).resolve().relative_to(ROOT / "book").as_posix()
            assert target in texts or (ROOT / "book" / target).is_file(), address
            if anchor and target == "questions.md":
                heads = re.findall(r"^### (.+)", (ROOT / "book/questions.md").read_text(encoding="utf-8"), re.MULTILINE)
                assert anchor in [head.lower().replace(" ", "-") for head in heads]
            elif anchor:
                assert anchor in ANCHOR.findall(texts[target]), f"{path}: {address}#{anchor}"
                count += 1
    assert count > 400
    for row in SCENARIOS.values():
        page, anchor = case_of_run(row)
        assert f"({anchor})=" in texts[f"cases/{page}.md"]
    assert set(PAGES) == set(CAUSES)


def test_the_table_of_contents_names_every_page_that_is_written(texts: dict[str, str]) -> None:
    toc = re.findall(r"file: book/(cases/\w+|checklist)$", (ROOT / "_toc.yml").read_text(), re.MULTILINE)
    assert sorted(f"{name}.md" for name in toc) == sorted(set(texts) - {"cases.md"})


def test_the_checklist_has_every_suspect_of_every_symptom_in_the_order_of_cost(texts: dict[str, str]) -> None:
    found = sections(texts["checklist.md"])
    assert list(found) == [f"symptom-{code}" for code in SYMPTOMS]
    last = found["symptom-healthy"].partition("## All causes")
    for code in SYMPTOMS:
        text = last[0] if code == "healthy" else found[f"symptom-{code}"]
        assert re.findall(r"^- \[.*#case-([a-z-]+)\)$", text, re.MULTILINE) == [row.key for row in suspects(code)]
    assert sorted(re.findall(r"#case-([a-z-]+)\)", last[2])) == sorted(CAUSES)


@pytest.mark.parametrize("typed", TYPED)
def test_what_people_type_stands_in_a_page_as_words(typed: str, texts: dict[str, str]) -> None:
    assert any(typed in text for text in texts.values())


def test_words_that_people_type_are_given_for_every_symptom_and_cause() -> None:
    assert set(words.SYMPTOM_WORDS) == set(SYMPTOMS)
    assert set(words.CAUSE_WORDS) == set(CAUSES)
    assert set(words.TITLES) == set(FAMILIES)


def test_error_rates_are_those_that_were_measured(texts: dict[str, str]) -> None:
    having = {one.program for one in measured() if one.broken and "lr-too-high" in one.accepted}
    assert f"of {len(having)} that have this cause" in sections(texts["cases/step_size.md"])["case-lr-too-high"]


def test_pages_are_written_only_where_they_differ_and_old_ones_go(tmp_path: Path) -> None:
    written = write(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in written}
    (tmp_path / "cases" / "gone.md").write_text("of a family that is no more")
    written[1].write_text("damaged")
    write(tmp_path)
    after = {path: path.stat().st_mtime_ns for path in written}
    assert [path for path in written if before[path] != after[path]] == [written[1]]
    assert written[1].read_text(encoding="utf-8") != "damaged"
    assert not (tmp_path / "cases" / "gone.md").exists()


def test_a_case_file_tells_what_its_picture_shows() -> None:
    html = case_file("lr-too-low-creeps", "lr-too-high-oscillates")._repr_html_()
    assert html.count("<figure>") == html.count("<svg") == 2
    assert "the same cause in one more run" in html
    assert "The one change.</strong> lr: 0.001 → 0.05" in html
    assert "Mended." in html
    assert "swings between" in html
    alone = case_file("healthy-momentum")
    assert "details" not in alone._repr_html_()
    assert "Verdict: healthy" in repr(alone)
    with pytest.raises(ValueError, match="keys must hold at least one, got none"):
        case_file()
    with pytest.raises(ValueError, match="lr-too-low-creeps"):
        case_file("lr-too-low-creep")


@pytest.mark.parametrize(
    ("key", "mark"),
    [
        ("lr-too-high-diverges", ">log<"),  # it leaves the picture
        ("log-of-rounded-sigmoid", "l6 6m0-6l-6 6"),  # a cross where it is lost
        ("overfitting-few-digits", 'stroke-dasharray="4 3"'),  # held-out data
        ("healthy-momentum", "#0072B2"),
    ],
)
def test_a_small_curve_shows_what_matters_in_a_kilobyte(key: str, mark: str) -> None:
    drawn = sparkline(SCENARIOS[key], trial.broken(key)[0])
    assert mark in drawn
    assert len(drawn) < 1500
    assert "nan" not in drawn


def test_the_wall_says_what_was_wrong_and_links_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = wall("spiking")
    html = shown._repr_html_()
    assert html.count("<a href=") == len(shown.runs) == 1
    assert '"../book/cases/step_size.ipynb#case-lr-too-high"' in html
    assert CAUSES["lr-too-high"].title in html
    monkeypatch.setenv("LOSSBOOK_FACE", "static")
    assert address_of_case(SCENARIOS["lr-too-high-spikes"]) == "../book/cases/step_size.html#case-lr-too-high"
    with pytest.raises(ValueError, match="symptom must be \"healthy\" for runs that are sound, got 'slow'"):
        wall("slow", sound=True)


@pytest.fixture
def opened_wall(book: Path, browser: Any) -> Any:
    opened = OpenedPage(browser, (book / "book/cases.html").as_uri(), WIDTHS["desktop"])
    yield opened.page
    opened.page.close()


@pytest.mark.browser
@pytest.mark.xdist_group("book")
def test_every_curve_of_the_wall_leads_to_a_section_that_is_there(book: Path) -> None:
    html = (book / "book/cases.html").read_text()
    links = re.findall(r'<li data-group="\w+"><a href="([^"#]+)#([^"]+)"', html)
    assert len(links) == len(SCENARIOS)
    for address, anchor in links:
        target = (book / "book" / address).resolve()
        assert f'id="{anchor}"' in target.read_text(), address


@pytest.mark.browser
@pytest.mark.xdist_group("book")
def test_the_pages_of_cases_weigh_little(book: Path) -> None:
    for path in [book / "book/cases.html", book / "book/checklist.html", *(book / "book/cases").glob("*.html")]:
        assert len(gzip.compress(path.read_bytes())) <= WEIGHT, path.name


@pytest.mark.browser
@pytest.mark.xdist_group("book")
def test_the_checklist_on_paper_is_one_page(visits: Any) -> None:
    assert visits.said("book/checklist", "desktop")["on paper"] == []


@pytest.mark.browser
@pytest.mark.xdist_group("book")
def test_the_keyboard_reaches_a_curve_and_shows_what_was_wrong(opened_wall: Any) -> None:
    first = opened_wall.locator(".lossbook-wall a").first
    told = first.locator("span").last
    shade = "one => getComputedStyle(one).opacity"
    assert told.evaluate(shade) == "0"
    opened_wall.locator("#only-all").focus()
    opened_wall.keyboard.press("Tab")
    while not first.evaluate("one => one === document.activeElement"):
        opened_wall.keyboard.press("Tab")
    assert told.evaluate(shade) == "1"
    opened_wall.keyboard.press("Enter")
    opened_wall.wait_for_url("**/book/cases/**#case-*")


#: what is cut off of an element: by how many pixels it stands out of each box around it that scrolls or hides
CUT = """one => {
    const told = one.getBoundingClientRect(), cut = [];
    for (let box = one.parentElement; box.tagName !== "BODY"; box = box.parentElement) {
        const at = box.getBoundingClientRect(), style = getComputedStyle(box);
        if (style.overflowY !== "visible") cut.push(told.bottom - at.bottom, at.top - told.top);
        if (style.overflowX !== "visible") cut.push(told.right - at.right, at.left - told.left);
    }
    return Math.max(0, told.right - innerWidth, ...cut);
}"""


@pytest.mark.browser
@pytest.mark.xdist_group("book")
def test_a_mouse_that_points_at_a_curve_shows_all_of_what_was_wrong(book: Path, browser: Any) -> None:
    with browser.with_a_mouse() as pointing:
        page = OpenedPage(pointing, (book / "book/cases.html").as_uri(), WIDTHS["desktop"]).page
        assert page.evaluate("matchMedia('(hover: hover)').matches")
        groups = page.locator(".lossbook-wall").all()
        assert len(groups) == len(SYMPTOMS) + 1
        for group in groups:
            last = group.locator("a").last
            told = last.locator("span").last
            last.hover()
            assert told.evaluate("one => getComputedStyle(one).opacity") == "1"
            assert told.evaluate(CUT) == 0, told.inner_text()
        boxes = page.locator(".output:has(> .lossbook-wall)")
        scrolled = "all => all.filter(one => getComputedStyle(one).overflowY !== 'visible').length"
        assert boxes.count() == len(groups)
        assert boxes.evaluate_all(scrolled) == 0


@pytest.mark.browser
@pytest.mark.xdist_group("book")
def test_the_search_finds_what_people_type_numbers_as_well(book: Path, browser: Any) -> None:
    opened, missed = OpenedPage(browser), []
    for typed in TYPED:
        opened.page.goto(f"{(book / 'search.html').as_uri()}?{urlencode({'q': typed})}")
        opened.page.wait_for_function("document.querySelector('#search-results > p')?.innerText.match(/found|match/)")
        pages = opened.page.eval_on_selector_all("#search-results li > a", "all => all.map(one => one.pathname)")
        if not any(re.search(r"/(cases/\w+|checklist|questions)\.html", page) for page in pages):
            missed.append((typed, pages))
    opened.page.close()
    assert missed == []


@pytest.mark.browser
@pytest.mark.xdist_group("book")
def test_a_filter_leaves_the_runs_of_one_group_and_hides_empty_symptoms(opened_wall: Any) -> None:
    opened_wall.locator("#only-regularisation").check()
    shown = opened_wall.locator(".lossbook-wall li:visible")
    expected = [row for row in SCENARIOS.values() if row.cause and CAUSES[row.cause].group == "regularisation"]
    assert shown.count() == len(expected)
    assert opened_wall.locator("h2:visible", has_text="spiking").count() == 0
    opened_wall.locator("#only-all").check()
    assert shown.count() == len(SCENARIOS)


@pytest.mark.browser
@pytest.mark.xdist_group("book")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_case_files_and_the_wall_can_be_used_by_everybody(theme: str, visits: Any) -> None:
    assert visits.all_said(list(EVERYBODY), "usable", ("phone", theme)) == {}
