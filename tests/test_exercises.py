"""What ``check`` says of right, wrong and typical wrong answers; and that it never gives the right one away."""

from __future__ import annotations

import json
import re
from math import floor, log10
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from conftest import NOTEBOOKS, ROOT

from lossbook.causes import WRITTEN
from lossbook.exercises import EXERCISES, SECTIONS, Exercise, check
from lossbook.exercises.kinds import Choice, Each, Number, Numbers, Several, Tried

every = pytest.mark.parametrize("label", EXERCISES)
CHECK = re.compile(r'^check\("([^"]+)", \.\.\.\)$', re.MULTILINE)


def wrong_answers(row: Exercise) -> list[Any]:
    """Wrong answers that are not typical ones."""
    right = row.right()
    if isinstance(row.kind, Number):
        return [1.5 * right + 1.37, 1e6 * right + 5, -right - 3]
    if isinstance(row.kind, Numbers):
        return [tuple(1.5 * each + 2.37 for each in right), (right[0], *(-2 * each - 3.1 for each in right[1:]))]
    if isinstance(row.kind, Choice):
        return [word for word in row.kind.options if word != right]
    if isinstance(row.kind, Each):
        return [(word, *right[1:]) for word in row.kind.options if word != right[0]]
    if isinstance(row.kind, Several):
        more = set(row.kind.options) - right
        return [right | {min(more)}, set(sorted(right)[1:]), {min(more)}]
    return []


@every
def test_a_right_answer_is_right(label: str) -> None:
    row = EXERCISES[label]
    told = check(label, row.right())
    assert told.right is True
    assert str(told).startswith("Right.")


@every
def test_a_typical_mistake_gets_its_own_words(label: str) -> None:
    row = EXERCISES[label]
    assert row.mistakes
    for wrong, helps in row.mistakes:
        told = check(label, wrong)
        assert told.right is False
        assert told.text.startswith("Not yet.")
        assert told.text.endswith(helps)


@every
def test_any_other_wrong_answer_is_wrong_and_is_told_what_is_right_in_it(label: str) -> None:
    for wrong in wrong_answers(EXERCISES[label]):
        told = check(label, wrong)
        assert told.right is False, wrong
        assert told.text.startswith("Not yet.")


def gives_away(text: str, right: Any) -> bool:
    """Whether a sentence names the right answer: a number in any usual rounding, or a word of its own."""
    if isinstance(right, (int, float)):
        named = [float(one) for one in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.]*\d)", text.replace(",", ""))]
        step = 10 ** floor(log10(abs(right))) if right else 1
        return any(abs(one - right) <= 0.05 * step for one in named)
    if isinstance(right, str):
        return re.search(rf"(?<![\w-]){re.escape(right)}(?![\w-])", text) is not None
    if isinstance(right, (tuple, set)):
        return all(gives_away(text, one) for one in right)
    return False


@every
def test_no_sentence_gives_the_right_answer_away(label: str) -> None:
    row = EXERCISES[label]
    right = row.right()
    listed = isinstance(row.kind, (Choice, Each, Several))  # what is asked names the words to choose from
    said = [] if listed else [check(label, ...).text]
    said += [check(label, wrong).text for wrong, _ in row.mistakes]
    said += [check(label, wrong).text for wrong in wrong_answers(row)]
    assert [text for text in said if gives_away(text, right)] == []
    assert not gives_away(row.asks, right)


@every
def test_the_sentences_are_sentences(label: str) -> None:
    row = EXERCISES[label]
    for text in (row.asks, row.hint, row.why, *(helps for _, helps in row.mistakes)):
        assert not text or text[-1] in ".?)"
        assert "  " not in text
    assert re.search(r"\?( |$)", row.asks)
    assert row.asks[0].islower()
    printed = str(check(label, ...)).splitlines()
    assert max(map(len, printed)) <= 72
    assert len(printed) <= 6


def test_what_is_no_answer_is_refused_with_the_rule_and_the_value() -> None:
    for label, row in EXERCISES.items():
        with pytest.raises((TypeError, ValueError), match=r"must|got"):
            check(label, object())
        if isinstance(row.kind, Number):
            with pytest.raises(ValueError, match="must be a finite number, got nan"):
                check(label, float("nan"))
            with pytest.raises(TypeError, match="must be a number, got True of type bool"):
                check(label, True)
        if isinstance(row.kind, Several):
            with pytest.raises(TypeError, match="must be a set of words"):
                check(label, row.kind.options[0])
    with pytest.raises(ValueError, match="Did you mean 'ex-04-1-slope'"):
        check("ex-04-1-slop", 1)
    with pytest.raises(ValueError, match="answer must be one of"):
        check("ex-02-3-momentum", "twelve")
    with pytest.raises(TypeError, match=r"a tuple of 3: \(a, b, c\), got \(1, 2\)"):
        check("ex-02-1-1-first", (1, 2))


def test_numbers_of_numpy_are_numbers_and_the_words_say_what_is_right_in_a_wrong_one() -> None:
    assert check("ex-04-1-slope", np.float32(10)).right
    assert check("ex-03-2-2-bug", np.int64(2)).right
    assert "power of ten" in check("ex-04-1-slope", 1000).text
    assert "order of magnitude is right" in check("ex-04-1-slope", 12).text
    assert "sign" in check("ex-04-1-slope", -7).text
    assert "Right: a and c. Not yet: b." in check("ex-02-1-1-first", (2.303, 1.0, 20.79)).text
    assert "something is missing" in check("ex-3-3-1-memory", {"several seeds"}).text


def test_a_function_that_raises_is_told_so() -> None:
    told = check("ex-04-3-bug", lambda p, lr, decay: p[7])
    assert told.right is False
    assert "It raised IndexError" in told.text


def test_checking_draws_nothing_from_the_readers_generator_and_repeats() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        before = torch.random.get_rng_state()
        first = check("ex-05-1-bug", lambda x, y: (x[torch.randperm(len(x))], y))
        assert torch.equal(torch.random.get_rng_state(), before)
        assert check("ex-05-1-bug", lambda x, y: (x[torch.randperm(len(x))], y)) == first


def test_a_program_that_is_half_right_is_told_both_halves() -> None:
    told = check("ex-04-1-bug", lambda net, alpha: [p.data.mul_(0.5) for p in net.parameters()]).text
    assert "What is right: the weights move; the net keeps its own tensors." in told
    assert "What is not yet: they move against the gradient" in told
    assert all(row.kind.trials for row in EXERCISES.values() if isinstance(row.kind, Tried))


def chapters() -> dict[str, Path]:
    return {section: path for section, name in WRITTEN.items() for path in NOTEBOOKS if path.stem == name}


@pytest.mark.parametrize("section", SECTIONS)
def test_each_exercise_of_a_page_is_checked_once_between_its_words_and_its_solution(section: str) -> None:
    cells = json.loads(chapters()[section].read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells]
    asked = re.findall(r"\{exercise\}[^\n]*\n:label: (\S+)", "\n".join(sources))
    mine = [label for label in EXERCISES if re.match(rf"ex-0?{section.replace('.', '-')}-[a-z]", label)]
    assert sorted(asked) == sorted(mine)
    for place, source in enumerate(sources):
        for label in re.findall(r"\{exercise\}[^\n]*\n:label: (\S+)", source):
            assert source.rstrip().endswith(":::"), label
            assert CHECK.findall(sources[place + 1]) == [label]
            assert f"{{solution}} {label}\n" in sources[place + 2]


def test_a_page_shows_no_row_of_the_table() -> None:
    for path in NOTEBOOKS:
        assert "exercises.section_" not in path.read_text(encoding="utf-8")
    assert (ROOT / "lossbook/exercises").is_dir()
