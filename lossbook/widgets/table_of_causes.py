"""From a symptom to its causes as tables: one for each symptom, folded, the cheapest tests first."""

from __future__ import annotations

from lossbook.causes import COSTS
from lossbook.symptoms import SYMPTOMS
from lossbook.widgets.way import Row, rows, stages, torch_lines, words

LEFT = ' style="text-align: left"'


class WayTable:
    """What :func:`way_table` gives."""

    def __init__(self, symptoms: tuple[str, ...]) -> None:
        self.symptoms = symptoms

    def _repr_html_(self) -> str:
        return "".join(map(_folded, self.symptoms))

    def __repr__(self) -> str:
        lines = []
        for symptom in self.symptoms:
            lines += [f"{symptom}: {SYMPTOMS[symptom]}"]
            lines += [f"  {row.cause.cost:<9} {row.cause.title}" for row in rows(symptom)]
        return "\n".join(lines)


def way_table(symptom: str | None = None) -> WayTable:
    """The suspects of a symptom, folded: what to test, what to change, both in plain torch, and where to read on.

    Args:
        symptom: a key of ``SYMPTOMS``; by default all of them, one table each.

    Raises:
        ValueError: there is no such symptom.
    """
    chosen = tuple(SYMPTOMS) if symptom is None else (symptom,)
    for each in chosen:
        rows(each)  # raises
    return WayTable(chosen)


def _folded(symptom: str) -> str:
    found = rows(symptom)
    many = f"{len(found)} cause{'s' * (len(found) != 1)}"
    head = f"<strong>{symptom}</strong>: {words(SYMPTOMS[symptom])} <em>{many}</em>"
    names = "".join(f'<th scope="col"{LEFT}>{name}</th>' for name in ("suspect", "test", "fix"))
    body = "".join(
        f'<tr class="stage"><th colspan="3" scope="rowgroup"{LEFT}>{COSTS[cost].capitalize()}</th></tr>'
        f"{''.join(map(_row, some))}"
        for cost, some in stages(found, lambda row: row.cause.cost).items()
    )
    return (
        f'<details class="way"><summary>{head}</summary><table class="lossbook way"><thead><tr>{names}</tr></thead>'
        f"<tbody>{body}</tbody></table></details>"
    )


def _row(row: Row) -> str:
    """Two lines: words, and below them torch, which folds."""
    cells = "".join(
        f"<td{LEFT}>{cell}</td>"
        for cell in (f"<strong>{words(row.cause.title)}</strong>", words(row.cause.test), words(row.cause.fix))
    )
    told = f"<p>The test:</p>{torch_lines(row.snippet.test)}<p>{words(row.snippet.seen)}</p>{fix_of(row)}"
    return (
        f'<tr class="words" data-cause="{row.cause.key}">{cells}</tr><tr class="torch"><td colspan="3"{LEFT}>'
        f"<details><summary>in torch</summary>{told}</details></td></tr>"
    )


def fix_of(row: Row) -> str:
    """The fault as people write it, the same mended, and links."""
    links = f"<p>More: {row.links}</p>" if row.links else ""
    return f"<p>The fault:</p>{torch_lines(row.snippet.bug)}<p>The fix:</p>{torch_lines(row.snippet.fix)}{links}"
