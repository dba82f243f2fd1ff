"""The runs of a case file: each broken and mended on one picture, and in words."""

from __future__ import annotations

from dataclasses import dataclass

from lossbook.paths import diff
from lossbook.scenarios import SCENARIOS, scenario
from lossbook.widgets.knob_table import brief
from lossbook.widgets.paragraphs import Paragraphs
from lossbook.widgets.scenario_picture import CHANGE, drawn, told

READ = (int, float, str)  #: of these kinds are values that anybody can read


@dataclass(frozen=True)
class CaseFile:
    """What :func:`case_file` gives: the same in a notebook and in a built page, since nothing can be turned."""

    keys: tuple[str, ...]

    def _repr_html_(self) -> str:
        first, *others = map(_run, self.keys)
        if not others:
            return f'<div class="lossbook-case">{first}</div>'
        count = f"{len(others)} more" if len(others) > 1 else "one more"
        runs = f"the same cause in {count} run{'s' * (len(others) > 1)}"
        return f'<div class="lossbook-case">{first}<details><summary>{runs}</summary>{"".join(others)}</details></div>'

    def __repr__(self) -> str:
        return "\n\n".join(f"{SCENARIOS[key].title}\n{_plain(key)}" for key in self.keys)


def case_file(*keys: str) -> CaseFile:
    """Runs of one cause, the first shown and the others folded, trained once.

    Args:
        keys: of ``SCENARIOS``.

    Raises:
        ValueError: no key, or an unknown one; the message names the nearest one.
    """
    if not keys:
        raise ValueError("keys must hold at least one, got none.")
    for key in keys:
        scenario(key)
    return CaseFile(keys)


def _told(key: str) -> list[tuple[str, str]]:
    """What is to be said; of the one change only what a reader can read who does not know the package."""
    change = _plain_change(key)
    said = [(head, change if head == CHANGE else words) for head, words in told(key)]
    return [(head, words) for head, words in said if words]


def _plain_change(key: str) -> str:
    """The setting with its values, if those are numbers or words; else nothing, for the fix stands above.

    >>> _plain_change("lr-too-low-creeps"), _plain_change("unscaled-inputs-kill")
    ('lr: 0.001 → 0.05', '')
    """
    row = SCENARIOS[key]
    found = [] if row.cause is None else diff(row.broken, row.fixed)
    if any(isinstance(value, bool) or not isinstance(value, READ) for one in found for value in (one.old, one.new)):
        return ""
    named = [([part for part in one.path.split(".") if not part.isdigit()][-1], one) for one in found]
    return "; ".join(f"{name}: {brief(one.old) or 'nothing'} → {brief(one.new) or 'nothing'}" for name, one in named)


def _plain(key: str) -> str:
    return "\n".join(f"{head} {words}" for head, words in _told(key))


def _run(key: str) -> str:
    shown, _ = drawn(key, True)
    words = Paragraphs(("", SCENARIOS[key].title), *_told(key)).html
    picture = shown.renamed(key, f"run-{key}")
    return f'<figure><div class="picture">{picture}</div><figcaption>{words}</figcaption></figure>'
