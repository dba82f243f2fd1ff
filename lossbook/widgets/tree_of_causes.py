"""From a symptom to its causes as a tree of questions, made of folds: keys and readers of screens work as they are."""

from __future__ import annotations

from lossbook.causes.base import GROUPS
from lossbook.symptoms import SYMPTOMS
from lossbook.widgets.table_of_causes import fix_of
from lossbook.widgets.way import Row, by_test, first_suspects, stages, torch_lines, words

#: key of ``COSTS`` -> the question
ASKED = {"look": "Look", "pass": "Send a few batches through the model", "training": "Train for a few steps"}
MANY = 6  # tests; more are asked for by the part of the training
LAST = (
    "Nothing found? Put three lines around your loop: <code>with lossbook.watch(model, optimizer) as watching:</code>, "
    "the loop, and <code>print(watching.report())</code>."
)


class WayTree:
    """What :func:`way_tree` gives."""

    def _repr_html_(self) -> str:
        asked = "".join(map(_symptom, SYMPTOMS))
        return f'<div class="way-tree"><p><strong>What does your loss do?</strong></p>{asked}</div>'

    def __repr__(self) -> str:
        lines = ["What does your loss do?"]
        for symptom, sentence in SYMPTOMS.items():
            lines.append(f"  {sentence} ({symptom})")
            for cost, found in stages(by_test(symptom), _cost).items():
                lines.append(f"    {ASKED[cost]}:")
                lines += [f"      {_said(some)}" for some in found]
        return "\n".join(lines)


def way_tree() -> WayTree:
    """A tree of questions from the symptom to the cause: what costs least is asked first. It needs no kernel."""
    return WayTree()


def _symptom(symptom: str) -> str:
    asked = _log(symptom)
    for number, (cost, found) in enumerate(stages(by_test(symptom), _cost).items()):
        begin = "Not found? " * (number > 0) + ASKED[cost]
        asked += _fold(f"<strong>{begin}</strong> ({_many(len(found), 'test')})", _by_part(found), "stage")
    return _fold(f"{words(SYMPTOMS[symptom])} <em>{symptom}</em>", f"{asked}<p>{LAST}</p>", "symptom", indent=False)


def _log(symptom: str) -> str:
    """The first question, which the reader's log answers."""
    lines = "".join(
        f"<li>{words(said)}: {'; '.join(words(row.cause.title) for row in some)}.</li>"
        for said, some in first_suspects(symptom)
    )
    asked = "<strong>Read your log first</strong>: is one of these numbers beyond its limit?"
    return _fold(asked, f"<ul>{lines}</ul>", "log") if lines else ""


def _by_part(found: list[list[Row]]) -> str:
    """Tests, by the part of the training if there are many."""
    if len(found) <= MANY:
        return "".join(map(_test, found))
    parts = {group: [some for some in found if some[0].cause.group == group] for group in GROUPS}
    return "".join(
        _fold(
            f"Is it the {group.replace('objective', 'loss')}? ({_many(len(of_it), 'test')})",
            "".join(map(_test, of_it)),
            "part",
        )
        for group, of_it in parts.items()
        if of_it
    )


def _test(some: list[Row]) -> str:
    """One test, what it shows for each cause, and the fix."""
    answers = "".join(
        f"<p><strong>{words(row.cause.title)}?</strong> {words(row.snippet.seen)}</p>"
        + _fold(f"The fix: {words(row.cause.fix)}", fix_of(row), f'leaf" data-cause="{row.cause.key}')
        for row in some
    )
    return _fold(words(_said(some)), torch_lines(some[0].snippet.test) + answers, "test")


def _said(some: list[Row]) -> str:
    """The cause, and the test that finds it."""
    others = f", or {_many(len(some) - 1, 'other cause')} with the same test" * (len(some) > 1)
    return f"{some[0].cause.title}{others}? {some[0].step}"


def _cost(some: list[Row]) -> str:
    return some[0].cause.cost


def _many(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _fold(summary: str, inner: str, kind: str, *, indent: bool = True) -> str:
    style = ' style="margin-left: 1.2em"' * indent
    return f'<details class="{kind}"{style}><summary>{summary}</summary>{inner}</details>'
