"""A report as text, card, Markdown and JSON: whatever stands in it, it is shown as it is, and nothing private is."""

from __future__ import annotations

import getpass
import json
import math
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opened_page import OpenedPage

from lossbook.causes import CAUSES
from lossbook.diagnosis import Check, Finding, NotTested, Report
from lossbook.diagnosis import chapters as book
from lossbook.diagnosis.as_text import small_curve
from lossbook.diagnosis.curve import symptom_in
from lossbook.diagnosis.privacy import cleaned
from lossbook.evidence import Log, Series
from lossbook.probes import Trial

NASTY = '<img src=x onerror=alert(1)> | `*_&" @ada #12 ]( \n\x1b[31m'
TRIAL = Trial("the <b>rate</b> was changed", (2.0, 2.1, math.nan), (2.0, 1.0, 0.5))


def finding(cause: str = "lr-too-high", evidence: str = "The loss falls by 0.", follows: str | None = None) -> Finding:
    row = CAUSES[cause]
    return Finding(cause, 0.9, evidence, row.test, "optimizer.zero_grad()", row.chapter, TRIAL, follows)


def report(words: str = "the layer 'body.0' has no gradient", values: tuple[float, ...] = (2.0, 1.0)) -> Report:
    """One of every part."""
    log = Log(loss=Series.of(values))
    return Report(
        symptom_in(log) if values else None,
        healthy=False,
        findings=(finding(evidence=words), finding("dead-relu", words, "lr-too-high")),
        not_tested=(NotTested("capacity-too-small", words), NotTested("no-warmup", words)),
        ask=(words,),
        loop=TRIAL,
        notes=(words,),
        checks=(Check("the first loss", False, words), Check("the gradients", None, words)),
        curve=log.loss,
        seconds=1.5,
    )


texts = st.text(max_size=60)
losses = st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=80).map(tuple)


def parsed(card: str) -> ElementTree.Element:
    return ElementTree.fromstring(re.sub(r"<style>.*?</style>", "", card, flags=re.DOTALL))


@settings(max_examples=60, deadline=None)
@given(texts.filter(lambda text: not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", text)), losses)
def test_whatever_words_and_losses_it_holds_it_has_its_faces(words: str, values: tuple[float, ...]) -> None:
    made = report(words, values)
    assert str(made)
    assert made.to_markdown()
    told = json.loads(made.to_json())
    assert len(told["curve"]["values"]) == len(values)
    assert parsed(made._repr_html_()).get("class") == "lossbook-report"


def test_text_is_at_most_80_columns_wide_and_names_all_that_was_found() -> None:
    made = report("a sentence of many words " * 12)
    assert max(map(len, str(made).splitlines())) <= 80
    for word in ("lr-too-high", "dead-relu", "90% sure", "FAILED", "capacity-too-small, no-warmup", "section 2.3"):
        assert word in str(made)


def test_what_follows_from_a_cause_stands_beneath_it_and_has_no_number_of_its_own() -> None:
    lines = str(report()).splitlines()
    starts = [line.split()[0] for line in lines if line and not line.startswith(" ")]
    assert "1" in starts
    assert "2" not in starts
    assert starts.index("follows") > starts.index("fix") > starts.index("1")
    assert "and 1 more" not in report().headline


def test_markup_in_names_is_shown_as_it_is() -> None:
    made = report(NASTY)
    card, markdown = made._repr_html_(), made.to_markdown()
    assert "<img" not in card
    assert "onerror" in " ".join(parsed(card.replace("\x1b", "")).itertext())
    assert "<img" not in markdown
    assert "@ada" not in markdown
    assert "#12" not in markdown
    assert "<b>rate" not in card + markdown


@pytest.mark.parametrize(
    "private",
    [
        "/home/ada/secret/train.py",
        r"C:\Users\ada\secret\train.py",
        "~/secret/weights.pt",
        "ada.l@example.org",
        "tensor([[0.1234, 5.6789]])",
        getpass.getuser() if getpass.getuser() not in ("root", "user") else "/root/secret",
        str(Path.home() / "secret"),
    ],
)
def test_no_path_no_user_and_no_example_is_told_in_public(private: str) -> None:
    made = report(f"the test itself failed, with OSError: {private} is gone", (2.0,))
    other = report(f"it failed at {private}, as it seems")
    for one in (made, other):
        for public in (one.to_json(), one.to_markdown()):
            assert json.dumps(private)[1:-1] not in public
            assert private not in public


@given(texts)
def test_words_are_cleaned_once_for_all(words: str) -> None:
    assert cleaned(cleaned(words)) == cleaned(words)


def test_plain_words_and_fractions_stay() -> None:
    for words in ("input/output of 'body.0.weight' and 3/4 of it", "a ratio of 1e-3, 30 m/s"):
        assert cleaned(words) == words


def test_json_holds_what_the_report_holds() -> None:
    told = json.loads(report().to_json())
    assert [each["cause"] for each in told["findings"]] == ["lr-too-high", "dead-relu"]
    assert (told["schema"], told["healthy"], told["in_the_loop"]) == (1, False, True)
    assert told["loop"]["as_is"] == [2.0, 2.1, None]
    assert told["checks"][0] == {"name": "the first loss", "passed": False, "sentence": report().notes[0]}


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (Report(None, healthy=True), "Nothing was found."),
        (
            Report(None, healthy=True, not_tested=(NotTested("a", "b"),)),
            "Nothing was found, but 1 tests could not be made.",
        ),
        (Report(None, healthy=False, notes=("No batch.",)), "Nothing could be tested. No batch."),
        (Report(None, healthy=False, loop=TRIAL), "It is in your loop: five plain lines learn where it did not."),
        (Report(None, healthy=False, checks=(Check("a", False, "b"),)), "1 of 1 checks failed: a."),
        (Report(None, healthy=False, findings=(finding(),)), "The learning rate is too high (lr-too-high)."),
        (Report(None, healthy=False, findings=(finding(), finding("adam-eps"))), "and 1 more"),
    ],
)
def test_the_headline_is_the_answer(made: Report, words: str) -> None:
    assert words in made.headline
    assert str(made).startswith("lossbook   ")


def test_a_test_of_somebody_fails_with_the_report_as_its_message() -> None:
    with pytest.raises(AssertionError, match="lr-too-high"):
        assert report().healthy, report()
    assert bool(Report(None, healthy=True))


def test_a_small_curve_begins_at_its_first_value_and_shows_what_is_not_finite() -> None:
    assert small_curve([2.0, 1.0]) == "       2 █▅ 1"
    assert small_curve([1.0, math.nan, math.inf]).split()[1].endswith("xx")
    assert small_curve([]) == "nothing"
    assert len(small_curve([1.0] * 1000)) < 60


def test_where_blocks_cannot_be_shown_a_curve_is_of_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    class Old:
        encoding = "ascii"

    monkeypatch.setattr("sys.stdout", Old())
    assert small_curve([2.0, 1.0]).isascii()


# links to the book


def test_a_section_that_is_written_has_a_page_and_is_linked_where_the_book_is_built(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(book, "BUILT", tmp_path)
    monkeypatch.delenv("LOSSBOOK_FACE", raising=False)
    assert book.address_of("2.3") is None
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "02_3_learning_rate.html").touch()
    assert str(book.address_of("2.3")).startswith("file://")
    assert 'href="file://' in report()._repr_html_()
    monkeypatch.setenv("LOSSBOOK_FACE", "static")
    assert book.address_of("2.3") == "02_3_learning_rate.html"
    assert book.address_of("9") is None


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_card_can_be_read_in_light_and_in_dark(browser: Any, tmp_path: Path, scheme: str) -> None:
    """The words have the page's own colour; the two curves differ from each other and from the ground."""
    page = tmp_path / "card.html"
    ground = {"light": "#fff", "dark": "#111"}[scheme]
    page.write_text(
        f'<html data-theme="{scheme}"><body style="background:{ground};color:{"#eee" if scheme == "dark" else "#111"}">'
        f"{report(NASTY.replace(chr(27), ''))._repr_html_()}</body></html>"
    )
    opened = OpenedPage(browser, page.as_uri(), 1280, scheme)
    assert opened.errors == []
    assert opened.elsewhere == []
    assert opened.page.locator(".lossbook-report img").count() == 0
    lines = "[...document.querySelectorAll('.lossbook-report polyline')].map(each => getComputedStyle(each).stroke)"
    colours = {tuple(map(int, re.findall(r"\d+", colour)[:3])) for colour in opened.page.evaluate(lines)}
    assert len(colours) == 2
    for colour in colours:
        assert (sum(colour) / 3 < 160) if scheme == "light" else (sum(colour) / 3 > 120)
    wide = opened.page.evaluate("document.querySelector('.lossbook-report').scrollWidth")
    assert wide <= 1280
