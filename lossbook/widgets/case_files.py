"""The runs of a case file: each broken and mended on one picture, and in words."""

from __future__ import annotations

from dataclasses import dataclass

from lossbook.scenarios import SCENARIOS, scenario
from lossbook.widgets.paragraphs import Paragraphs
from lossbook.widgets.scenario_picture import drawn, told


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


def _plain(key: str) -> str:
    return "\n".join(f"{head} {words}" for head, words in told(key))


def _run(key: str) -> str:
    shown, _ = drawn(key, True)
    words = Paragraphs(("", SCENARIOS[key].title), *told(key)).html
    picture = shown.renamed(key, f"run-{key}")
    return f'<figure><div class="picture">{picture}</div><figcaption>{words}</figcaption></figure>'
